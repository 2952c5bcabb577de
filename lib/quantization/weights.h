// Quantizes the constants of one node: weights, bias, and other constant operands.
#pragma once

#include <optional>
#include <string>

#include "lib/graph/tensor.h"
#include "lib/quantization/weight_params.h"

namespace qconvert {

/// Quantizes float32 weights to the nearest integers, with the parameters of weight_params.h.
///   result  int8 (or int4, one int8 per element) of the same shape; symmetric in [-127, 127]
///           ([-7, 7] for int4), asymmetric in [-128, 127] ([-8, 7])
///   Throws Error(kUnusable) when a weight is not finite.
Tensor QuantizeWeights(const Tensor& weights, const WeightScheme& scheme,
                       const WeightSearch& search = {});

/// Weights and bias of one node, ready for integer arithmetic.
struct WeightsAndBias {
  Tensor weights;
  std::optional<Tensor> bias;  ///< int32 [O], scale = input_scale x weight scale
};

/// Quantizes weights together with their float32 bias [O]. A channel whose bias would overflow
/// int32 in units of input_scale x weight scale gets a wider weight scale.
///   input_scale  real units per step of the input activations
WeightsAndBias QuantizeWithBias(const Tensor& weights, const Tensor* bias, float input_scale,
                                const WeightScheme& scheme, const WeightSearch& search = {});

/// Quantizes a float32 constant per layer with given parameters to int8.
Tensor QuantizeConstant(const Tensor& constant, const QuantParams& params);

/// Rounds float32 weights to float16.
Tensor ToFloat16(const Tensor& weights);

}  // namespace qconvert
