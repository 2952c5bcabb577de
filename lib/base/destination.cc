#include "lib/base/destination.h"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <charconv>
#include <filesystem>
#include <system_error>

#include <linux/magic.h>

namespace qconvert {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as many as Linux follows

/// Returns the open descriptor that a path in /proc is a name of.
std::optional<int> DescriptorNamed(const fs::path& path) {
  struct statfs system {};
  if (statfs(path.parent_path().c_str(), &system) != 0) return std::nullopt;
  if (system.f_type != PROC_SUPER_MAGIC) return std::nullopt;
  const std::string name = path.filename().string();
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  struct stat named {
  }, open{};
  if (stat(path.c_str(), &named) != 0 || fstat(number, &open) != 0) return std::nullopt;
  const bool same = named.st_dev == open.st_dev && named.st_ino == open.st_ino;
  return same ? std::optional(number) : std::nullopt;
}

}  // namespace

Destination DestinationOf(const std::string& path) {
  fs::path target = path;
  for (int links = 0; links < kMostLinks; ++links) {
    const std::optional<int> descriptor = DescriptorNamed(target);
    if (descriptor) return {target.string(), descriptor};
    std::error_code no_link;
    const fs::path next = fs::read_symlink(target, no_link);
    if (no_link) break;
    target = target.parent_path() / next;
  }
  return {target.string(), std::nullopt};
}

}  // namespace qconvert
