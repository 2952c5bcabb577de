#include "lib/quantization/quantize_weights.h"

#include "lib/math/bias.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/quantize_constant.h"

namespace qconvert {

QuantizedWeights QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                 const std::optional<IntegerBias>& integer,
                                 const WeightScheme& scheme, const WeightMethods& methods,
                                 const WeightEvidence& evidence) {
  return NamingConstant(weights, [&] {
    const ChannelWeights channels(weights, scheme);
    const OwnWeightScales own = OwnScalesOf(weights, scheme);
    auto scales = own.scales;
    if (scales.empty()) scales = methods.scales->choose(channels, evidence.scales, methods.threads);
    if (bias != nullptr && integer) {
      const bool wide = integer->type == ElementType::kInt64;
      WidenForBias(bias->Values<float>(), integer->input_scale, scales,
                   wide ? kLargestWideBias : kLargestBias);
    }
    const LayerToRound layer{channels, scales, evidence.rounding, methods.rounding_options,
                             methods.threads};
    auto rounded = own.keep_all() ? RoundToNearest(layer) : methods.rounding->round(layer);
    const bool changes = !rounded.bias_change.empty();
    QuantizedWeights result{PackWeights(channels, scales, std::move(rounded.integers)), {}};
    if (changes || (bias != nullptr && integer)) {
      result.bias = ChangedBias(weights, bias, std::move(rounded.bias_change));
    }
    if (result.bias && integer) {
      result.bias = PackBias(*result.bias, *integer, scales);
    }
    return result;
  });
}

}  // namespace qconvert
