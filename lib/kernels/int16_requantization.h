// How sums of int16 activations times int8 weights become int16, as LiteRT's convolutions do it.
// Before it: the tensors of a layer. After it: its reference and its fast kernels, which are equal.
#pragma once

#include <algorithm>
#include <vector>

#include "lib/graph/activation.h"
#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"
#include "lib/math/fixed_point.h"

namespace qconvert {

/// Returns sum + bias times the multiplier. LiteRT's arithmetic ends at 2^47; what lies beyond is
/// saturated there.
inline int32_t RescaledSum(int64_t sum, int64_t bias, FixedMultiplier by) {
  constexpr int64_t kEnd = int64_t{1} << 47;
  const int64_t total = std::clamp(sum, -kEnd, kEnd) + std::clamp(bias, -kEnd, kEnd);
  return MultiplyWide(std::clamp(total, -kEnd, kEnd - 1), by);
}

/// The requantization of a convolution's outputs [O].
class Int16Requantization {
 public:
  /// Takes the parameters of input, weights, result and the constant bias, if any.
  Int16Requantization(const PrepareContext& context, Activation activation);

  /// Returns the result of a sum of products, without bias.
  int16_t operator()(int64_t sum, size_t output) const {
    const int32_t steps = RescaledSum(sum, bias_[output], multipliers_[output]);
    return static_cast<int16_t>(std::clamp(steps, limits_.min, limits_.max));
  }

 private:
  std::vector<int64_t> bias_;
  std::vector<FixedMultiplier> multipliers_;
  IntegerLimits limits_;
};

/// Returns whether a layer has int16 activations with one scale each beside constant int8 weights
/// with zero point 0 and a constant bias, if any, and is not empty.
bool HasConstantWeightsBesideInt16(const PrepareContext& context);

}  // namespace qconvert
