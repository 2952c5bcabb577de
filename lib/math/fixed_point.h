// Integer arithmetic that stands for a multiplication by a real number. Before it: the scales of an
// operator's tensors. After it: the reference kernels (lib/ops), which are bit for bit LiteRT's.
#pragma once

#include <cstdint>

namespace qconvert {

/// A real number m / 2^31 * 2^shift, with |m| in [2^30, 2^31), or 0.
struct FixedMultiplier {
  int32_t m = 0;
  int shift = 0;  ///< positive: to the left

  friend bool operator==(const FixedMultiplier&, const FixedMultiplier&) = default;
};

/// Writes a real multiplier as a fixed-point one, to 31 bits; below 2^-32 it becomes 0.
///   Throws Error(kUnusable) when it is not finite, or not below 2^31.
FixedMultiplier QuantizeMultiplier(double real);

/// Returns a b / 2^31, rounded to the nearest, halves up, saturated.
int32_t RoundingHighMul(int32_t a, int32_t b);

/// The same for 16-bit numbers: a b / 2^15.
int16_t RoundingHighMul(int16_t a, int16_t b);

/// Returns x / 2^exponent, rounded half away from zero.
///   exponent  not below 0; beyond 31 the result is 0 (LiteRT leaves it undefined)
int32_t RoundingShiftRight(int32_t x, int exponent);

/// Returns x 2^exponent, saturated.
///   exponent  in [0, 31]
int32_t SaturatingShiftLeft(int32_t x, int exponent);

/// Returns x times the multiplier: shifts left (wrapping, as LiteRT does), multiplies with
/// rounding, shifts right with rounding.
int32_t Multiply(int32_t x, FixedMultiplier by);

/// Returns x times the multiplier, reduced to 15 bits, rounded half up: LiteRT's arithmetic for
/// 64-bit sums.
///   x         in [-2^47, 2^47)
///   by.shift  in [-31, 14]; LiteRT promises up to 7
int32_t MultiplyWide(int64_t x, FixedMultiplier by);

}  // namespace qconvert
