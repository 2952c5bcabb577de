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

void Refuse(const std::string& why, const std::vector<Flag>& flags) {
  const std::string given = Given(flags);
  if (!given.empty()) Fail(ErrorKind::kUsage, fmt::format("{}; drop {}", why, given));
}

}  // namespace qconvert
