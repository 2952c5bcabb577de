// What the accumulators of a file's nodes take, under the names of ONNX's nodes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Names of nodes by the tensors that they compute.
using NodeNames = std::map<std::string, std::string>;

/// Returns the names of the nodes of a graph that is to be written.
NodeNames NodesByResult(const Graph& graph);

/// Returns the accumulators of a file, in its order.
///   nodes  of the graph that was written: files name no nodes
std::vector<AccumulatorSummary> SummarizeAccumulators(const Graph& file, const NodeNames& nodes);

/// Requires that accumulators of fewer bits than TFLite's hold every sum. Those of weights do, for
/// the weights were rounded so.
///   Throws Error(kUnsupported), naming a node whose products of two activations they do not hold.
void RequireAccumulators(const std::vector<AccumulatorSummary>& accumulators, int bits);

}  // namespace qconvert
