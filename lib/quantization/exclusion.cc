#include "lib/quantization/exclusion.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {

namespace {

std::string Escaped(const std::string& name) {
  static const std::string kSpecial = R"(^$\.*+?()[]{}|)";
  std::string pattern;
  for (const char c : name) {
    const auto code = static_cast<unsigned char>(c);
    if (code < ' ' || code == 127) {
      pattern += "[^ ]";
      continue;
    }
    if (kSpecial.find(c) != std::string::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

Exclusion::Exclusion(const std::string& pattern) {
  if (pattern.empty()) return;
  try {
    regex_.emplace(pattern);
  } catch (const std::regex_error& error) {
    Fail(ErrorKind::kUsage,
         fmt::format("--exclude '{}' is not a regular expression: {}", pattern, error.what()));
  }
}

std::string PatternOf(const std::vector<std::string>& names) {
  std::vector<std::string> escaped;
  for (const std::string& name : names) escaped.push_back(Escaped(name));
  return fmt::format("^({})$", fmt::join(escaped, "|"));
}

}  // namespace qconvert
