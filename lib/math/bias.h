// Biases of integer convolutions and matrix products: int32, beside int16 activations int64, zero
// point 0, scale = input scale x weight scale, so that they add to the sum of products as they are.
#pragma once

#include <cstdint>
#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// The largest quantized bias: 2^30. It leaves the other half of int32 to the sum of products,
/// which 33,000 products of int8 (each at most 127 x 255) cannot fill.
inline constexpr int32_t kLargestBias = 1 << 30;

/// The largest quantized bias beside int16 activations: 2^46. LiteRT rescales sums below 2^47
/// (kernels/internal/common.cc, MultiplyByQuantizedMultiplier of int64); 2^24 products of int16 and
/// int8 cannot fill the other half.
inline constexpr int64_t kLargestWideBias = int64_t{1} << 46;

/// Widens weight scales where a bias would not fit `largest`. A weight scale can be tiny beside
/// its bias: a channel that batch norm nearly switched off keeps its beta. Widening costs weights
/// that hardly count; a saturated bias would shift the whole channel.
///   bias     float32 [O], real units
///   weights  [O], or one for all; their scales grow in place
///   Throws Error(kUnusable) when a bias is not finite.
void WidenForBias(std::span<const float> bias, float input_scale, std::span<AffineParams> weights,
                  int64_t largest = kLargestBias);

/// Quantizes a bias: round(bias / (input_scale x weight scale)), saturated.
///   quantized  int32 or int64 [O]
///   Throws Error(kUnusable) when a bias is not finite.
void QuantizeBias(std::span<const float> bias, float input_scale,
                  std::span<const AffineParams> weights, std::span<int32_t> quantized);
void QuantizeBias(std::span<const float> bias, float input_scale,
                  std::span<const AffineParams> weights, std::span<int64_t> quantized);

}  // namespace qconvert
