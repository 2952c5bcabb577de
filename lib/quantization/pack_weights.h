// Makes the tensors of the quantized graph from rounded weights and biases: the last step of
// quantize_weights.h.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lib/quantization/accumulator.h"
#include "lib/quantization/channel_weights.h"

namespace qconvert {

/// Makes the tensor of the integers: int8, or int4 with one int8 per element.
///   scales  by channel of `weights`
Tensor PackWeights(const ChannelWeights& weights, std::span<const AffineParams> scales,
                   std::vector<int8_t> integers);

/// Returns the bias with what rounding adds to it; where there is none, that alone.
///   bias    float32 [O], may be null
///   change  [O], real units; empty: nothing
Tensor ChangedBias(const Tensor& weights, const Tensor* bias, std::vector<float> change);

/// What integer arithmetic asks of a bias.
struct IntegerBias {
  float input_scale = 1;                   ///< real units per step of the input activations
  ElementType type = ElementType::kInt32;  ///< int64 beside int16 activations
  /// That the bias is added to; nothing: one that is never full.
  std::optional<Accumulator> accumulator = std::nullopt;
};

/// Quantizes a bias in units of input scale times weight scale.
///   bias    float32 [O]
///   scales  of the weights, by output channel, or one
///   result  int32 or int64 [O]
///   Throws Error(kUnusable) when a bias is not finite.
Tensor PackBias(const Tensor& bias, const IntegerBias& integer,
                std::span<const AffineParams> scales);

/// Adds real numbers to a bias that PackBias has made, rounded to its steps.
///   change  [O]
Tensor ShiftedBias(const Tensor& bias, std::span<const double> change);

}  // namespace qconvert
