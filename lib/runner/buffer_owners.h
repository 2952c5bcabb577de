// Which tensors of a graph lie in the same bytes. compiled_graph.cc places one buffer for each
// owner.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns for each tensor, by id, the one whose bytes it takes: a Reshape's result its operand's;
/// the result of an element-by-element operator those of an operand of its shape that is read for
/// the last time; all others their own. Inputs, outputs and constants of the graph keep theirs.
std::vector<TensorId> BufferOwners(const Graph& graph);

}  // namespace qconvert
