// Compares an operator's backward function with differences of what its `evaluate` computes.
#pragma once

#include <cstdint>

#include "lib/graph/graph.h"

namespace qconvert {

/// How the operands of a node are drawn.
enum class Draw {
  kApart,     ///< distinct odd multiples of 1/16: none is near another or near a multiple of 1/8
  kPositive,  ///< the same, from 9/16 on
  kUniform    ///< from [-1, 1): for sums of products
};

/// Checks (CHECK) the gradients of sum(w y) by every real operand of a graph's only node, with
/// random weights w and along random directions, and that a gradient is added to, alone or together
/// with the others. Returns how many gradients it compared.
int CheckGradients(const Graph& graph, Draw draw, uint64_t seed);

}  // namespace qconvert
