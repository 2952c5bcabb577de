#include "lib/kernels/int8_requantization.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/kernels/layer_params.h"

namespace qconvert {

bool HasConstantInt8Weights(const PrepareContext& context) {
  const Tensor& weights = *context.inputs[1];
  const bool bias =
      context.inputs.size() < 3 || context.inputs[2] == nullptr || context.inputs[2]->is_constant();
  const bool int8 = weights.type == ElementType::kInt8 || weights.type == ElementType::kInt4;
  if (!weights.is_constant() || !int8 || !bias || !weights.quant) return false;
  if (!IsInt8PerLayer(*context.inputs[0]) || !IsInt8PerLayer(*context.outputs[0])) return false;
  const auto outputs = static_cast<size_t>(context.outputs[0]->shape.back());
  const size_t scales = weights.quant->per_channel() ? outputs : 1;
  if (weights.quant->scales.size() != scales) return false;
  const auto& zero_points = weights.quant->zero_points;
  return std::all_of(zero_points.begin(), zero_points.end(), [](int32_t z) { return z == 0; });
}

bool FitsSteps(const Requantization& requantization, int64_t products) {
  constexpr double kMostProduct = 255 * 128, kMostSteps = 1 << 30;
  const double most = 2 * kMostProduct * static_cast<double>(products);  // with the zero point's
  for (size_t o = 0; o < requantization.bias.size(); ++o) {
    const double sum = std::abs(static_cast<double>(requantization.bias[o])) + most;
    if (!(sum * static_cast<double>(requantization.multiplier[o]) < kMostSteps)) return false;
  }
  return true;
}

std::vector<int32_t> WeightSums(std::span<const int8_t> weights, size_t outputs) {
  std::vector<int32_t> sums;
  const size_t length = weights.size() / outputs;
  for (size_t o = 0; o < outputs; ++o) {
    const auto own = weights.subspan(o * length, length);
    sums.push_back(std::accumulate(own.begin(), own.end(), 0));
  }
  return sums;
}

Requantization RequantizationOf(const PrepareContext& context, Activation activation) {
  const QuantParams& input = *context.inputs[0]->quant;
  const QuantParams& weights = *context.inputs[1]->quant;
  const QuantParams& output = *context.outputs[0]->quant;
  const auto outputs = static_cast<size_t>(context.outputs[0]->shape.back());
  Requantization result;
  result.bias.resize(outputs, 0);
  if (context.inputs.size() > 2 && context.inputs[2] != nullptr) {
    const auto bias = context.inputs[2]->Values<int32_t>();
    result.bias.assign(bias.begin(), bias.end());
  }
  for (double ratio : RescalingRatios(input.scale(), weights, output.scale(), outputs)) {
    result.multiplier.push_back(static_cast<float>(ratio));
  }
  const IntegerLimits limits = ResultLimits(activation, {output.scale(), output.zero_point()});
  result.zero_point = output.zero_point();
  result.min = limits.min;
  result.max = limits.max;
  result.flip = context.OutputFlip(0);
  return result;
}

}  // namespace qconvert
