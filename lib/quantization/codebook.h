// Codebooks: each weight of a layer becomes one of a few values, and the file holds its index. The
// arithmetic is float.
//
//     table (float32 [K]), indices (int4 or uint8) -> Cast -> Gather -> weights
#pragma once

#include <vector>

#include "lib/quantization/growing_graph.h"

namespace qconvert {

/// The sizes of all codebooks of a file.
struct CodebookSizes {
  size_t layers = 0;
  size_t index_bytes = 0;
  double entropy_bytes = 0;  ///< of the indices: the least that a code of single ones takes
};

/// The values of one layer's weights.
struct Codebook {
  std::vector<float> table;      ///< [K], ascending
  std::vector<uint8_t> indices;  ///< into the table, in the weights' order

  /// Returns the entropy of one index in bits.
  double Entropy() const;
};

/// Chooses at most `size` values by k-means.
///   weights  float32
///   Throws Error(kUnusable) when a weight is not finite, naming the weights.
///   Han et al. 2016 (Deep Compression, arXiv:1510.00149), section 3.
Codebook MakeCodebook(const Tensor& weights, int size);

/// Adds a codebook and the nodes that look its weights up, and returns the real weights.
///   original  the weights in the float graph
///   size      that was asked for: it decides the type of the indices
TensorId AddCodebook(TensorId original, const Tensor& weights, const Codebook& codebook, int size,
                     GrowingGraph& graph);

}  // namespace qconvert
