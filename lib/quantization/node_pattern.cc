#include "lib/quantization/node_pattern.h"

#include <re2/re2.h>
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

NodePattern::NodePattern(std::string_view flag, const std::string& pattern) {
  if (pattern.empty()) return;
  re2::RE2::Options options;
  options.set_log_errors(false);
  regex_ = std::make_shared<const re2::RE2>(pattern, options);
  if (regex_->ok()) return;
  Fail(ErrorKind::kUsage,
       fmt::format("{} '{}' is not a regular expression: {}", flag, pattern, regex_->error()));
}

bool NodePattern::Names(const Node& node) const {
  return regex_ && (re2::RE2::PartialMatch(node.origin, *regex_) ||
                    re2::RE2::PartialMatch(node.name, *regex_));
}

std::string PatternOf(const std::vector<std::string>& names) {
  std::vector<std::string> escaped;
  for (const std::string& name : names) escaped.push_back(Escaped(name));
  return fmt::format("^({})$", fmt::join(escaped, "|"));
}

}  // namespace qconvert
