// The proof that no accumulator of a file overflows, from its integers alone.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// The largest sum of one layer.
struct LayerAccumulator {
  const Node* node = nullptr;
  int64_t largest_sum = 0;  ///< of any inputs, in any order of the products

  /// Returns the bits that hold it, with the sign.
  int bits() const;
};

/// Returns the layers of an integer graph that add up products of int8 activations, in its order.
/// The sums of constant weights are bounded as quantization/accumulator.h says. Those of two
/// activations, as in BATCH_MATMUL, are bounded by the number of products of the largest factors.
/// Layers with int16 activations add up in 64 bits and are left out.
std::vector<LayerAccumulator> AccumulatorsOf(const Graph& graph);

}  // namespace qconvert
