#include "lib/convert/given_flags.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"

namespace qconvert {

std::string Given(const std::vector<Flag>& flags) {
  std::vector<std::string> given;
  for (const Flag& flag : flags) {
    if (flag.given) given.push_back(flag.name);
  }
  return fmt::format("{}", fmt::join(given, " and "));
}

std::vector<Flag> LimitFlags(const ConvertOptions& options) {
  return {{"--max-drop", options.max_drop.has_value()},
          {"--min-sqnr", options.min_sqnr.has_value()},
          {"--min-agreement", options.min_agreement.has_value()},
          {"--min-correlation", options.min_correlation.has_value()}};
}

void Refuse(const std::string& why, const std::vector<Flag>& flags) {
  const std::string given = Given(flags);
  if (!given.empty()) Fail(ErrorKind::kUsage, fmt::format("{}; drop {}", why, given));
}

}  // namespace qconvert
