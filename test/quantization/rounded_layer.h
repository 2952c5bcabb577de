// One layer whose weights a rounding method rounds on random samples, and what a test compares the
// integers with.
#pragma once

#include <string>
#include <vector>

#include "lib/quantization/quantize_weights.h"
#include "lib/quantization/rounding.h"

namespace qconvert {

/// A layer that reads 4 channels; the weights are small enough for plain loops.
struct LayerKind {
  std::string name;
  Operator op;
  Shape weights;
};

/// Returns convolutions of each kind, with groups and not, and a matrix product.
std::vector<LayerKind> LayerKinds();

/// A layer whose weights are rounded.
struct RoundedLayer {
  size_t patch = 0, outputs = 0;
  std::vector<std::vector<float>> own, real;  ///< patches by group, of the samples: [N, patch]
  std::vector<float> weights;                 ///< [outputs, patch]
  std::vector<int> integers;                  ///< [outputs, patch]
  std::vector<double> scales;                 ///< by output
  std::vector<float> bias_change;             ///< by output, or empty

  size_t GroupOf(size_t output) const { return output * own.size() / outputs; }
  /// Returns the real weight in steps.
  double Steps(size_t output, size_t i) const {
    return double{weights[output * patch + i]} / scales[output];
  }
  std::vector<int> Integers(size_t output) const;
  /// Returns the sum of squares of what the integers add to the results of the samples, when the
  /// bias makes the means equal.
  double SquaredError() const;
};

/// Rounds a layer's weights by a method on samples of random inputs; the network before the layer
/// is quantized, so what it reads is a little off.
///   scheme  its axis is set by the layer
RoundedLayer RoundLayer(const std::string& method, const LayerKind& kind, WeightScheme scheme,
                        int threads = 2, const RoundingOptions& options = {});

}  // namespace qconvert
