#include "cmd/plain_message.h"

#include <cstdlib>
#include <vector>

#include <re2/re2.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/nearest_name.h"

namespace qconvert {
namespace {

/// Returns a number without the zeros that end its decimals.
std::string Trimmed(const std::string& number) {
  return fmt::format("{}", std::strtod(number.c_str(), nullptr));
}

/// Returns the names in "a,b,c".
std::vector<std::string> Names(const std::string& text) {
  std::vector<std::string> names;
  re2::StringPiece left = text;
  for (std::string name; RE2::Consume(&left, "([^,]*),?", &name) && !name.empty();) {
    names.push_back(name);
  }
  return names;
}

}  // namespace

std::string Explained(const std::string& message) {
  std::string flag, value, first, last;
  if (RE2::FullMatch(message, "(?s)Could not convert: (.*?) = (.*)", &flag, &value)) {
    return fmt::format("{} does not take '{}'", flag, value);
  }
  if (RE2::FullMatch(message, "(.*?): 1 required (.*) missing", &flag, &value)) {
    return fmt::format("{} needs a value: {}", flag, value);
  }
  if (RE2::FullMatch(message, "(?s)(.*?): Value (.*) not in range (\\S+) to (\\S+)", &flag, &value,
                     &first, &last)) {
    return fmt::format("{}: '{}' is no number from {} to {}", flag, value, Trimmed(first),
                       Trimmed(last));
  }
  if (RE2::FullMatch(message, "(?s).*?: (.*) not in \\{(.*)\\}", &value, &first)) {
    return fmt::format("{}; the nearest is {}", message, NearestName(value, Names(first)));
  }
  return message;
}

}  // namespace qconvert
