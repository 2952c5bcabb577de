#include "lib/quantization/pack_weights.h"

#include <algorithm>
#include <cmath>

#include "lib/math/bias.h"

namespace qconvert {
namespace {

QuantParams ToQuantParams(std::span<const AffineParams> channels, int axis) {
  QuantParams params;
  params.axis = channels.size() > 1 ? axis : -1;
  for (const AffineParams& channel : channels) {
    params.scales.push_back(channel.scale);
    params.zero_points.push_back(channel.zero_point);
  }
  return params;
}

template <typename T>
Tensor RoundedBias(const Tensor& bias, float input_scale, std::span<const AffineParams> scales) {
  std::vector<T> rounded(static_cast<size_t>(bias.elements()));
  QuantizeBias(bias.Values<float>(), input_scale, scales, rounded);
  return MakeConstantTensor(bias.name, bias.shape, std::move(rounded));
}

template <typename T>
Tensor Shifted(const Tensor& bias, std::span<const double> change, int64_t largest) {
  const auto before = bias.Values<T>();
  const std::vector<float>& scales = bias.quant->scales;
  const auto limit = static_cast<double>(largest);
  std::vector<T> shifted;
  for (size_t c = 0; c < before.size(); ++c) {
    const double steps = change[c] / double{scales[scales.size() == 1 ? 0 : c]};
    const double sum = static_cast<double>(before[c]) + std::round(steps);
    shifted.push_back(static_cast<T>(std::clamp(sum, -limit, limit)));
  }
  Tensor result = MakeConstantTensor(bias.name, bias.shape, std::move(shifted));
  result.quant = bias.quant;
  return result;
}

}  // namespace

Tensor PackWeights(const ChannelWeights& weights, std::span<const AffineParams> scales,
                   std::vector<int8_t> integers) {
  const Tensor& real = weights.tensor();
  Tensor result = MakeConstantTensor(real.name, real.shape, std::move(integers));
  if (weights.scheme().bits == 4) result.type = ElementType::kInt4;
  result.quant = ToQuantParams(scales, weights.scheme().axis);
  return result;
}

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

Tensor PackBias(const Tensor& bias, const IntegerBias& integer,
                std::span<const AffineParams> scales) {
  Tensor result = integer.type == ElementType::kInt64
                      ? RoundedBias<int64_t>(bias, integer.input_scale, scales)
                      : RoundedBias<int32_t>(bias, integer.input_scale, scales);
  std::vector<AffineParams> products(scales.begin(), scales.end());
  for (AffineParams& channel : products) channel = {channel.scale * integer.input_scale, 0};
  result.quant = ToQuantParams(products, 0);
  return result;
}

Tensor ShiftedBias(const Tensor& bias, std::span<const double> change) {
  Check(static_cast<size_t>(bias.elements()) == change.size(), "a change of another bias");
  return bias.type == ElementType::kInt64 ? Shifted<int64_t>(bias, change, kLargestWideBias)
                                          : Shifted<int32_t>(bias, change, kLargestBias);
}

}  // namespace qconvert
