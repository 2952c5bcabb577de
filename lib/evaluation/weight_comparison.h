// The weights of two networks that compute the same tensors, layer by layer. Before it: PairLayers.
// Reports draw the histograms.
#pragma once

#include <map>
#include <string>

#include "lib/evaluation/paired_histogram.h"
#include "lib/graph/graph.h"
#include "lib/math/sqnr.h"

namespace qconvert {

/// The weights of one layer in both networks, in real units.
struct WeightComparison {
  float min = 0, max = 0;  ///< of the reference's
  PairedHistogram histogram;
  ErrorSums errors;
};

/// Compares weights, by the name of the reference's node. Layers without float weights, with
/// weights of one value, or that another operator computes in the candidate are absent.
std::map<std::string, WeightComparison> CompareWeights(const Graph& reference,
                                                       const Graph& candidate);

}  // namespace qconvert
