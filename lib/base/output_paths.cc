#include "lib/base/output_paths.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/standard_output.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

std::string Quoted(const std::string& kind, const std::string& path) {
  return kind + " '" + path + "'";
}

}  // namespace

FileIdentity OutputPaths::PlaceOf(const std::string& path) {
  return IsStandardOutput(path) ? IdentityOf(StandardOutput()) : IdentityOf(path);
}

void OutputPaths::Add(const std::string& kind, const std::string& path, const std::string& remedy) {
  if (IsNullDevice(path)) return;
  const auto [at, added] = outputs_.insert({PlaceOf(path), {kind, path, remedy}});
  if (added) return;
  Fail(ErrorKind::kUsage, Quoted(at->second.kind, at->second.path) + " and " + Quoted(kind, path) +
                              " are the same file or stream; choose two names");
}

void OutputPaths::RequireNot(const std::string& input, const std::string& what) const {
  const auto found = outputs_.find(IdentityOf(input));
  if (found == outputs_.end()) return;
  const Output& output = found->second;
  Fail(ErrorKind::kUsage, Quoted(output.kind, output.path) + " is " + what + "; " + output.remedy);
}

bool OutputPaths::AnyExists() const {
  return std::any_of(outputs_.begin(), outputs_.end(), [](const auto& entry) {
    std::error_code missing;
    return entry.second.path == "-" || fs::is_regular_file(entry.second.path, missing);
  });
}

}  // namespace qconvert
