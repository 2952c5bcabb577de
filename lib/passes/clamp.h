// Clamps in their many spellings: Relu, Relu6, Clip, Maximum and Minimum with a number.
#pragma once

#include <optional>

#include "lib/graph/graph.h"
#include "lib/math/affine.h"

namespace qconvert {

/// min(max(x, ends.min), ends.max)
struct ClampOfTensor {
  TensorId x = kNoTensor;
  Range ends;
};

/// Returns what a node clamps, and between which numbers; nothing when it does something else.
std::optional<ClampOfTensor> AsClamp(const Graph& graph, const Node& node);

}  // namespace qconvert
