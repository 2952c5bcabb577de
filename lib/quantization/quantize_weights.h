// Quantizes the weights of one node, and its bias with them, in one line: channels -> scales ->
// widened for the bias -> rounded -> packed. bias_correction.h may come after it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lib/quantization/channel_weights.h"
#include "lib/quantization/pack_weights.h"
#include "lib/quantization/rounding.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {

/// The methods that quantize weights.
struct WeightMethods {
  const ScaleMethod* scales = ScaleMethods().front();
  const RoundingMethod* rounding = RoundingMethods().front();     ///< of most nodes
  std::map<std::string, const RoundingMethod*> rounding_of = {};  ///< of others, by their names
  RoundingOptions rounding_options = {};
  int accumulator_bits = kMostAccumulatorBits;  ///< of nodes with int8 activations
  bool correct_bias = false;      ///< of nodes that compute with integers: bias_correction.h
  ThreadPool* threads = nullptr;  ///< share the work of one node; null: the caller does all

  /// Returns the method that rounds the weights of a node.
  const RoundingMethod& RoundingOf(const std::string& node) const {
    const auto found = rounding_of.find(node);
    return found == rounding_of.end() ? *rounding : *found->second;
  }
};

/// Weights and bias of one node in the quantized graph.
struct QuantizedWeights {
  Tensor weights;              ///< int8 (or int4, one int8 per element), of the same shape
  std::optional<Tensor> bias;  ///< none where the node keeps the bias that it has
};

/// Quantizes weights, together with their float32 bias [O], which may be null. Weights that lie on
/// the grid of a quantized model keep its integers (model_quantization.h), whatever the methods.
///   integer  the bias becomes int32 or int64 [O], scale = input_scale x weight scale; a channel
///            whose bias would overflow gets a wider weight scale. Nothing: the arithmetic is
///            float, and the result has a bias, float32 [O], only where rounding changes it.
///            A channel whose sums its accumulator cannot hold gets a wider weight scale, too.
///   result   weights symmetric in [-127, 127] ([-7, 7] for int4), asymmetric in [-128, 127]
///            ([-8, 7])
///   Throws Error(kUnusable) when a weight or bias is not finite, naming the weights.
QuantizedWeights QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                 const std::optional<IntegerBias>& integer,
                                 const WeightScheme& scheme, const WeightMethods& methods,
                                 const WeightEvidence& evidence);

}  // namespace qconvert
