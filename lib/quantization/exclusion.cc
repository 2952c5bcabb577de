#include "lib/quantization/exclusion.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {

Exclusion::Exclusion(const std::string& pattern) {
  if (pattern.empty()) return;
  try {
    regex_.emplace(pattern);
  } catch (const std::regex_error& error) {
    Fail(ErrorKind::kUsage,
         fmt::format("--exclude '{}' is not a regular expression: {}", pattern, error.what()));
  }
}

}  // namespace qconvert
