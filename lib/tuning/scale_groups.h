// Which activations of a quantized graph share a scale because their operators ask for it: a
// movement's operand and result, the operands of a Concat. trained_graph.h gives each group one
// parameter.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Groups of tensors that must keep one scale.
struct ScaleGroups {
  std::vector<TensorId>
      leader;  ///< by tensor id: one tensor of its group; itself where it is alone
  /// By tensor id, of leaders: TFLite's kernels demand the scale, or a constant is stored with it.
  std::vector<bool> fixed;
};

/// Finds the groups by the rules of the operators' records.
ScaleGroups FindScaleGroups(const Graph& quantized);

}  // namespace qconvert
