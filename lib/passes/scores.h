// Scores: tensors that are read for their softmax alone, attention scores and the masks that are
// added to them. What lies far below the largest score of a row has probability 0. bound_masks.cc
// changes constants on that ground, calibration/softmax_ranges.h ranges.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// What lies further below other scores masks: no score of float16 reaches so far.
inline constexpr float kMask = 65536;

/// Returns whether each value of a node's results is a value of operand i, or of another operand or
/// attribute, in an order that no clamp changes: to clamp the operand then clamps what the results
/// take from it.
bool Selects(const Node& node, size_t i);

/// Returns, by tensor id, which tensors are scores: each reader is a softmax, or an operator that
/// selects, adds, subtracts, negates or multiplies and whose results are scores.
std::vector<bool> FindScores(const Graph& graph);

}  // namespace qconvert
