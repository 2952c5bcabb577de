// Outputs that join values of very different size, such as boxes in pixels and scores below 1: one
// scale for both leaves the small ones no steps. Before it: the calibrated ranges. After it:
// sensitive_nodes.h keeps the join in float where the output is float.
#pragma once

#include <set>

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Returns each Concat in front of an output whose operands' ranges are more than 16 times as wide
/// as each other, and the nodes between it and the output, which only move or join values.
///   ranges  by tensor id of `graph`
std::set<const Node*> FindUnevenOutputs(const Graph& graph, const Ranges& ranges);

}  // namespace qconvert
