// The text form of a graph: what --dump-passes writes and what tests compare.
#pragma once

#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// Writes one node with its types and shapes on a line, such as
/// "y: float32[1x8x8x4] = Conv2D(x, w, b) {stride 2x2, relu6}".
std::string ToText(const Graph& graph, const Node& node);

/// Writes the inputs, the constants that are read, the nodes in order and the outputs.
std::string ToText(const Graph& graph);

}  // namespace qconvert
