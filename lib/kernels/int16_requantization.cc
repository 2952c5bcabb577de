#include "lib/kernels/int16_requantization.h"

#include "lib/kernels/layer_params.h"

namespace qconvert {
namespace {

const Tensor* BiasOf(const PrepareContext& context) {
  return context.inputs.size() < 3 ? nullptr : context.inputs[2];
}

}  // namespace

Int16Requantization::Int16Requantization(const PrepareContext& context, Activation activation) {
  const QuantParams& output = *context.outputs[0]->quant;
  const auto outputs = static_cast<size_t>(context.outputs[0]->shape.back());
  bias_.resize(outputs, 0);
  if (const Tensor* bias = BiasOf(context)) {
    const auto values = bias->Values<int64_t>();
    bias_.assign(values.begin(), values.end());
  }
  for (const double ratio : RescalingRatios(context.inputs[0]->quant->scale(),
                                            *context.inputs[1]->quant, output.scale(), outputs)) {
    multipliers_.push_back(QuantizeMultiplier(ratio));
  }
  limits_ = ResultLimits(activation, {output.scale(), 0}, kInt16Limits);
}

bool HasConstantWeightsBesideInt16(const PrepareContext& context) {
  const Tensor &input = *context.inputs[0], &weights = *context.inputs[1];
  const Tensor *bias = BiasOf(context), &output = *context.outputs[0];
  const auto is_wide = [](const Tensor& tensor) {
    return tensor.type == ElementType::kInt16 && tensor.quant && !tensor.quant->per_channel() &&
           tensor.quant->zero_point() == 0 && tensor.elements() > 0;
  };
  if (!is_wide(input) || !is_wide(output) || (bias != nullptr && !bias->is_constant()))
    return false;
  if (!weights.is_constant() || weights.type != ElementType::kInt8 || !weights.quant) return false;
  const auto outputs = static_cast<size_t>(output.shape.back());
  const std::vector<int32_t>& zero_points = weights.quant->zero_points;
  return weights.quant->scales.size() == (weights.quant->per_channel() ? outputs : 1) &&
         std::ranges::all_of(zero_points, [](int32_t zero_point) { return zero_point == 0; });
}

}  // namespace qconvert
