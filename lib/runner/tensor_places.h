// Where the tensors of a graph lie in one arena. compiled_graph.cc runs with these places;
// evaluation/demands.cc tells what they take.
#pragma once

#include <span>

#include "lib/graph/graph.h"
#include "lib/runner/memory_plan.h"

namespace qconvert {

/// Places the tensors of a graph that are no constants. Nodes run in the order of the graph; a
/// result is kept until its last reader has run, the graph's outputs to the end.
///   owners  by tensor id: the tensor whose bytes it takes, itself where it has its own
///   result  offsets by tensor id; those of constants, and of tensors with an owner, mean nothing
MemoryPlan PlaceTensors(const Graph& graph, std::span<const TensorId> owners);

}  // namespace qconvert
