// A layer on some patches of its input, in float and as it is quantized: what EasyQuant compares.
#pragma once

#include <span>
#include <vector>

#include "lib/calibration/sampled_patches.h"

namespace qconvert {

/// The products of N patches with the weights of one layer.
class PatchProducts {
 public:
  /// `patches` of the layer, at least one; must outlive the products.
  PatchProducts(const Graph& graph, const Node& layer, std::span<const SampledPatch> patches);

  size_t outputs() const { return outputs_; }

  /// Returns the cosine of the results in float and with quantized operands, over all results.
  ///   range    of the patches' values, which become 255 steps with zero among them
  ///   factors  [outputs]: of each channel's symmetric scale, in units of max|w| / 127
  double Cosine(Range range, std::span<const float> factors) const;
  /// Returns the same for each output channel alone, with one factor for all.
  std::vector<double> CosinesByChannel(Range range, float factor) const;

 private:
  std::vector<float> Multiply(std::span<const float> patch, std::span<const float> weights) const;
  std::vector<float> QuantizedWeights(std::span<const float> factors) const;
  template <typename Visit>
  void ForEachResult(Range range, std::span<const float> factors, const Visit& visit) const;

  std::span<const SampledPatch> patches_;
  size_t outputs_ = 0, groups_ = 0, rows_ = 0;
  std::vector<float> weights_;            ///< [groups, rows, outputs / groups]
  std::vector<float> largest_;            ///< [outputs], max|w|
  std::vector<std::vector<float>> real_;  ///< [patches][outputs]
};

}  // namespace qconvert
