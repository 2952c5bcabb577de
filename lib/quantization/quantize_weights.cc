#include "lib/quantization/quantize_weights.h"

#include "lib/math/bias.h"
#include "lib/quantization/pack_weights.h"
#include "lib/quantization/quantize_constant.h"

namespace qconvert {
namespace {

/// Returns the bias with what rounding adds to it; where there is no bias, that alone.
Tensor ChangedBias(const Tensor& weights, const Tensor* bias, std::vector<float> change) {
  if (bias == nullptr) {
    const auto channels = static_cast<int64_t>(change.size());
    return MakeConstantTensor(weights.name + "/bias", {channels}, std::move(change));
  }
  if (change.empty()) return *bias;
  const auto before = bias->Values<float>();
  Check(before.size() == change.size(), "rounding changes a bias of another channel count");
  for (size_t c = 0; c < change.size(); ++c) change[c] += before[c];
  return MakeConstantTensor(bias->name, bias->shape, std::move(change));
}

}  // namespace

QuantizedWeights QuantizeWeights(const Tensor& weights, const Tensor* bias,
                                 const std::optional<IntegerBias>& integer,
                                 const WeightScheme& scheme, const WeightMethods& methods,
                                 const LayerEvidence& evidence) {
  return NamingConstant(weights, [&] {
    const ChannelWeights channels(weights, scheme);
    auto scales = methods.scales->choose(channels, evidence, methods.threads);
    if (bias != nullptr && integer) {
      WidenForBias(bias->Values<float>(), integer->input_scale, scales);
    }
    auto rounded = methods.rounding->round(channels, scales, evidence, methods.threads);
    const bool changes = !rounded.bias_change.empty();
    QuantizedWeights result{PackWeights(channels, scales, std::move(rounded.integers)), {}};
    if (changes || (bias != nullptr && integer)) {
      result.bias = ChangedBias(weights, bias, std::move(rounded.bias_change));
    }
    if (result.bias && integer) {
      result.bias = PackBias(*result.bias, integer->input_scale, scales);
    }
    return result;
  });
}

}  // namespace qconvert
