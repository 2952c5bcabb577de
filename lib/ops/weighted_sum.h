// What convolutions and fully connected layers share: they add products of an input with constant
// weights and a bias, clamp, and round. The loops that choose the products are in the records.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"
#include "lib/math/fixed_point.h"

namespace qconvert {

/// Checks the types of input, weights and bias, and that the bias is [outputs]: all float32, or
/// int8, int8 or int4, and int32, or int16, int8 and int64.
///   Throws Error(kUnusable) when the bias does not fit, Error(kUnsupported) for other types.
void CheckWeighted(const Node& node, std::span<const Tensor* const> inputs, int64_t outputs);

/// Returns the products that a convolution or fully connected layer adds up: every weight of an
/// output channel for each of its results.
int64_t WeightedMultiplyAdds(const Node& node, std::span<const Tensor* const> inputs,
                             const Tensor& output);

/// Returns sum a[i] b[i], in double; eight sums at a time, for speed.
inline double Dot(const float* a, const float* b, size_t count) {
  constexpr size_t kLanes = 8;
  std::array<double, kLanes> sums{};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += double{a[i + lane]} * b[i + lane];
  }
  for (; i < count; ++i) sums[0] += double{a[i]} * b[i];
  double sum = 0;
  for (double lane : sums) sum += lane;
  return sum;
}

/// Returns sum (a[i] - a_zero) (b[i] - b_zero).
///   zero points  in [-128, 127]: a product is below 2^16, a sum wraps around past 2^31
inline uint32_t DotSteps(const int8_t* a, int32_t a_zero, const int8_t* b, int32_t b_zero,
                         size_t count) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += static_cast<uint32_t>((a[i] - a_zero) * (b[i] - b_zero));
  }
  return sum;
}

/// Returns the same for int16: exact below 2^40 products.
///   a_zero  0: int16 has no other
inline int64_t DotSteps(const int16_t* a, int32_t, const int8_t* b, int32_t b_zero, size_t count) {
  constexpr size_t kBlock = 128;  // products, each below 2^23
  int64_t sum = 0;
  for (size_t i = 0; i < count; i += kBlock) {
    const size_t end = std::min(i + kBlock, count);
    int32_t part = 0;
    for (size_t k = i; k < end; ++k) part += a[k] * (b[k] - b_zero);
    sum += part;
  }
  return sum;
}

/// Real arithmetic: double sums, rounded once to float32.
class RealSums {
 public:
  using Element = float;
  using Weight = float;
  using Sum = double;

  /// Throws Error(kUnsupported) when an operand is not float32.
  RealSums(const Node& node, TensorViews inputs, size_t outputs);

  Sum Product(float input, float weight, size_t) const { return double{input} * weight; }
  Sum Dot(const float* inputs, const float* weights, size_t count, size_t) const {
    return qconvert::Dot(inputs, weights, count);
  }
  /// Returns what a sum of products becomes: with bias, clamped.
  float Finish(Sum sum, size_t output) const;

 private:
  std::vector<float> bias_;
  Range clamp_;
};

/// LiteRT's integer arithmetic of convolutions, with a fixed-point multiplier for each output
/// channel: of int8 inputs int32 sums that wrap around, of int16 ones int64 sums and 15 bits of the
/// multiplier. LiteRT's weights have zero point 0; others are our extension.
///   T  int8_t or int16_t
template <typename T>
class StepSums {
  static constexpr bool kWide = std::is_same_v<T, int16_t>;

 public:
  using Element = T;
  using Weight = int8_t;
  using Sum = std::conditional_t<kWide, int64_t, uint32_t>;
  using Bias = std::conditional_t<kWide, int64_t, int32_t>;

  /// Throws Error(kUnsupported) when operands are not quantized as the rule says.
  StepSums(const Node& node, TensorViews inputs, const TensorView& result, size_t outputs);

  Sum Product(T input, int8_t weight, size_t output) const {
    return static_cast<Sum>((input - input_zero_) * (weight - weight_zeros_[output]));
  }
  Sum Dot(const T* inputs, const int8_t* weights, size_t count, size_t output) const {
    return DotSteps(inputs, input_zero_, weights, weight_zeros_[output], count);
  }
  T Finish(Sum sum, size_t output) const;

 private:
  std::vector<Bias> bias_;
  std::vector<int32_t> weight_zeros_;
  std::vector<FixedMultiplier> multipliers_;
  int32_t input_zero_ = 0, result_zero_ = 0;
  IntegerLimits limits_;
};

/// Returns the bias [outputs], zeros when there is none.
template <typename T>
std::vector<T> BiasOf(TensorViews inputs, size_t outputs) {
  if (inputs.size() < 3 || !inputs[2]) return std::vector<T>(outputs, T{0});
  const auto values = inputs[2].Values<T>();
  return {values.begin(), values.end()};
}

/// Returns the parameters of weights.
///   Throws Error(kUnsupported) when there are neither one nor `outputs` scales.
const QuantParams& WeightParams(const TensorView& weights, size_t outputs);

/// Returns the zero point of the weights for each output.
///   Throws as above, and Error(kUnusable) when one is outside [-128, 127].
std::vector<int32_t> WeightZeros(const TensorView& weights, size_t outputs);

}  // namespace qconvert
