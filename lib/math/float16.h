// IEEE half precision as bits, for float16 weights and ONNX's float16 tensors.
#pragma once

#include <cstdint>
#include <span>

namespace qconvert {

/// Returns the nearest half, ties to even; beyond 65504 infinity, NaN stays NaN.
uint16_t ToFloat16(float value);

/// Returns the float that equals a half, subnormals, infinities and NaN included.
float FromFloat16(uint16_t bits);

/// Converts a tensor of weights.
///   Throws Error(kUnusable) when a value is not finite, or becomes infinite as a half.
void WeightsToFloat16(std::span<const float> values, std::span<uint16_t> halves);

}  // namespace qconvert
