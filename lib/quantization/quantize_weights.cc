#include "lib/quantization/quantize_weights.h"

#include <utility>
#include <vector>

#include "lib/math/bias.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/quantize_constant.h"

namespace qconvert {
namespace {

/// Makes the tensors of rounded weights and of their bias, which may be null.
QuantizedWeights Pack(const LayerToRound& layer, const Tensor* bias,
                      const std::optional<IntegerBias>& integer, RoundedWeights rounded) {
  const bool changes = !rounded.bias_change.empty();
  QuantizedWeights result{PackWeights(layer.weights, layer.scales, std::move(rounded.integers)),
                          {}};
  if (changes || (bias != nullptr && integer)) {
    result.bias = ChangedBias(layer.weights.tensor(), bias, std::move(rounded.bias_change));
  }
  if (result.bias && integer) result.bias = PackBias(*result.bias, *integer, layer.scales);
  return result;
}

}  // namespace

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
    const auto round = [&] {
      return own.keep_all() ? RoundToNearest(layer) : methods.rounding->round(layer);
    };
    for (;;) {
      QuantizedWeights result = Pack(layer, bias, integer, round());
      if (!integer || !integer->accumulator) return result;
      const std::vector<int64_t> sums =
          LargestSums(result.weights, scheme.axis, result.bias ? &*result.bias : nullptr,
                      integer->accumulator->largest_input);
      if (!WidenForAccumulator(sums, *integer->accumulator, scales)) return result;
    }
  });
}

}  // namespace qconvert
