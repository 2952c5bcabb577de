// Pairs of linear operators between which a scale per channel may move: what equalization works on.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Two linear operators and what stands between them:
///
///     x -> first {W1, b1} -> between -> second {W2, b2} -> y
///
/// Everything between is positively homogeneous channel by channel and has one reader, so for any
/// s[c] > 0 the scales cancel: ScaleAndShift(first, s, 0) with ScaleInputs(second, 1 / s) leaves y
/// as it is, but for rounding.
///   Nagel et al. 2019, Data-Free Quantization Through Weight Equalization and Bias Correction,
///   section 4.1
struct LinearPair {
  /// Its fused activation is none or ReLU; ReLU6, which is not homogeneous, only where pairs with
  /// caps are asked for.
  Node* first = nullptr;
  std::vector<Node*> between;  ///< in the order of the data; often empty
  Node* second = nullptr;      ///< reads as many channels as `first` computes
};

/// Which pairs LinearPairs returns.
enum class Caps { kExcluded, kIncluded };

/// Returns the pairs of a graph, in the order of their first operators. A depthwise convolution
/// between two others is the second of one pair and the first of the next.
std::vector<LinearPair> LinearPairs(Graph& graph, Caps caps = Caps::kExcluded);

}  // namespace qconvert
