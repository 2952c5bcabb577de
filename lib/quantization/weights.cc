#include "lib/quantization/weights.h"

#include "lib/base/error.h"
#include "lib/math/affine.h"
#include "lib/math/bias.h"
#include "lib/math/float16.h"
#include "lib/math/quantize.h"

namespace qconvert {
namespace {

QuantParams ToQuantParams(const std::vector<AffineParams>& channels, int axis) {
  QuantParams params;
  params.axis = channels.size() > 1 ? axis : -1;
  for (const AffineParams& channel : channels) {
    params.scales.push_back(channel.scale);
    params.zero_points.push_back(channel.zero_point);
  }
  return params;
}

Tensor RoundWeights(const Tensor& weights, const WeightScheme& scheme,
                    const std::vector<AffineParams>& params) {
  std::vector<int8_t> rounded(static_cast<size_t>(weights.elements()));
  QuantizeChannels<int8_t>(weights.Values<float>(), ViewOf(weights, scheme), params,
                           LimitsOf(scheme), rounded);
  Tensor result = MakeConstantTensor(weights.name, weights.shape, std::move(rounded));
  if (scheme.bits == 4) result.type = ElementType::kInt4;
  result.quant = ToQuantParams(params, scheme.axis);
  return result;
}

Tensor RoundBias(const Tensor& bias, float input_scale, const std::vector<AffineParams>& params) {
  std::vector<int32_t> rounded(static_cast<size_t>(bias.elements()));
  QuantizeBias(bias.Values<float>(), input_scale, params, rounded);
  Tensor result = MakeConstantTensor(bias.name, bias.shape, std::move(rounded));
  std::vector<AffineParams> scales = params;
  for (AffineParams& channel : scales) channel = {channel.scale * input_scale, 0};
  result.quant = ToQuantParams(scales, 0);
  return result;
}

template <typename Function>
auto Naming(const Tensor& tensor, Function function) {
  try {
    return function();
  } catch (const Error& error) {
    throw error.WithContext("constant '" + tensor.name + "'");
  }
}

}  // namespace

Tensor QuantizeWeights(const Tensor& weights, const WeightScheme& scheme,
                       const WeightSearch& search) {
  return Naming(weights, [&] {
    return RoundWeights(weights, scheme, ChooseWeightParams(weights, scheme, search));
  });
}

WeightsAndBias QuantizeWithBias(const Tensor& weights, const Tensor* bias, float input_scale,
                                const WeightScheme& scheme, const WeightSearch& search) {
  return Naming(weights, [&] {
    std::vector<AffineParams> params = ChooseWeightParams(weights, scheme, search);
    if (bias != nullptr) WidenForBias(bias->Values<float>(), input_scale, params);
    WeightsAndBias result{RoundWeights(weights, scheme, params), std::nullopt};
    if (bias != nullptr) result.bias = RoundBias(*bias, input_scale, params);
    return result;
  });
}

Tensor QuantizeConstant(const Tensor& constant, const QuantParams& params) {
  return Naming(constant, [&] {
    std::vector<int8_t> rounded(static_cast<size_t>(constant.elements()));
    QuantizeValues<int8_t>(constant.Values<float>(), {params.scale(), params.zero_point()},
                           kInt8Limits, rounded);
    Tensor result = MakeConstantTensor(constant.name, constant.shape, std::move(rounded));
    result.quant = params;
    return result;
  });
}

Tensor ToFloat16(const Tensor& weights) {
  return Naming(weights, [&] {
    std::vector<uint16_t> halves(static_cast<size_t>(weights.elements()));
    WeightsToFloat16(weights.Values<float>(), halves);
    return Tensor{weights.name, ElementType::kFloat16, weights.shape, std::nullopt,
                  MakeConstant(std::move(halves))};
  });
}

}  // namespace qconvert
