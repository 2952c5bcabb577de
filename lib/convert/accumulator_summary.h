// What the accumulators of a file's nodes take, under the names of ONNX's nodes.
#pragma once

#include <vector>

#include "lib/convert/graph_summary.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the accumulators of a file, in its order.
std::vector<AccumulatorSummary> SummarizeAccumulators(const NodeNames& network, const Graph& file);

/// Requires that accumulators of fewer bits than TFLite's hold every sum. Those of weights do, for
/// the weights were rounded so.
///   Throws Error(kUnsupported), naming a node whose products of two activations they do not hold.
void RequireAccumulators(const std::vector<AccumulatorSummary>& accumulators, int bits);

}  // namespace qconvert
