// Rounds reals to integers and back, with parameters that affine.h chose. After it: constants in
// the file, QUANTIZE and DEQUANTIZE.
#pragma once

#include <cstdint>
#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// Returns round(real / scale) + zero_point, saturated to the limits; halves go away from zero.
///   the paper's section 2.1; the division is LiteRT's, in float
///   Throws Error(kUnusable) when real is NaN.
int32_t QuantizeValue(float real, AffineParams params, IntegerLimits limits);

/// Returns the real that q stands for (the paper's equation 3).
float DequantizeValue(int32_t q, AffineParams params);

/// Quantizes a tensor. T is int8_t (int4 values too), uint8_t, int16_t or int32_t.
///   limits  within T
///   Throws Error(kUnusable) when a value is NaN.
template <typename T>
void QuantizeValues(std::span<const float> real, AffineParams params, IntegerLimits limits,
                    std::span<T> quantized);

/// Quantizes a tensor with the parameters of each channel.
///   Throws as above.
template <typename T>
void QuantizeChannels(std::span<const float> real, ChannelView view,
                      std::span<const AffineParams> channels, IntegerLimits limits,
                      std::span<T> quantized);

/// Dequantizes a tensor.
template <typename T>
void DequantizeValues(std::span<const T> quantized, AffineParams params, std::span<float> real);

/// Dequantizes a tensor with the parameters of each channel.
template <typename T>
void DequantizeChannels(std::span<const T> quantized, ChannelView view,
                        std::span<const AffineParams> channels, std::span<float> real);

/// Returns the limits that a fused clamp to [lo, hi] (infinite ends allowed) sets on a quantized
/// result, as TFLite's kernels compute them.
IntegerLimits ClampedLimits(float lo, float hi, AffineParams params, IntegerLimits limits);

}  // namespace qconvert
