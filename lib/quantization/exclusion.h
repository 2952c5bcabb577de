// Which nodes --exclude keeps in float. KeepFloat and the check of the options ask it.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "lib/graph/node.h"

namespace qconvert {

/// Finds nodes by name with an ECMAScript regex; an empty one finds none.
class Exclusion {
 public:
  /// Throws Error(kUsage) when `pattern` is not a regular expression.
  explicit Exclusion(const std::string& pattern);

  /// Returns whether the pattern is found in the node's own name, or in that of the ONNX node that
  /// it is a part of.
  bool Names(const Node& node) const {
    return regex_ &&
           (std::regex_search(node.origin, *regex_) || std::regex_search(node.name, *regex_));
  }

 private:
  std::optional<std::regex> regex_;
};

/// Returns a pattern that finds nodes of exactly these names, such as "^(conv1|fc\\.2)$".
///   names  at least one; a control character becomes "[^ ]", which finds it, too
std::string PatternOf(const std::vector<std::string>& names);

}  // namespace qconvert
