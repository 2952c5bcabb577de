// The batch norms of a network that its passes folded into layers, found by comparing the graph
// before with the graph after. trained_graph.h takes them apart again, to train them with the
// statistics of batches.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// A batch norm y = gamma (a - mean) / sqrt(variance + epsilon) + beta behind a layer
/// a = W x + b, or behind no layer, which counts as one whose weights are 1.
struct FoldedNorm {
  std::string layer;           ///< the node that computes both, in the folded graph
  std::string norm;            ///< the batch norm's own node, in the graph before
  std::vector<float> weights;  ///< W, of the shape that the folded graph gives them
  std::vector<float> bias;     ///< b [O]; zeros where the layer has none
  std::vector<float> gamma, beta, mean, variance;  ///< [O]
  float epsilon = 0;
  bool alone = false;  ///< behind no layer

  size_t channels() const { return gamma.size(); }
};

/// The batch norms of a network, by what can be done with them.
struct FoldedNorms {
  std::vector<FoldedNorm> norms;    ///< each is all that was folded into its layer
  std::vector<std::string> merged;  ///< nodes of others: more was folded into the same weights
};

/// Returns gamma / sqrt(variance + epsilon) for each channel, as the pass rounds it.
std::vector<float> FoldingScale(std::span<const float> gamma, std::span<const float> variance,
                                float epsilon);

/// Finds the batch norms.
///   unfolded  as LoadUnfolded returns it
///   folded    the same network behind all float passes, with its weights
FoldedNorms FindFoldedNorms(Graph unfolded, const Graph& folded);

}  // namespace qconvert
