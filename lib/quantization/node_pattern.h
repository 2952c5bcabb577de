// Which nodes a user names, such as those that --exclude keeps in float. precision_plan.h,
// wide_nodes.h and the check of the options ask it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/graph/node.h"

namespace re2 {
class RE2;
}

namespace qconvert {

/// Finds nodes by name with a regular expression as RE2 writes it, which takes time linear in the
/// name whatever the pattern; an empty one finds none.
class NodePattern {
 public:
  ///   flag  of the command line that takes the pattern
  /// Throws Error(kUsage) when `pattern` is not a regular expression.
  NodePattern(std::string_view flag, const std::string& pattern);

  /// Returns whether the pattern is found in the node's own name, or in that of the ONNX node that
  /// it is a part of.
  bool Names(const Node& node) const;

 private:
  std::shared_ptr<const re2::RE2> regex_;
};

/// Returns a pattern that finds nodes of exactly these names, such as "^(conv1|fc\\.2)$".
///   names  at least one; a control character becomes "[^ ]", which finds it, too
std::string PatternOf(const std::vector<std::string>& names);

}  // namespace qconvert
