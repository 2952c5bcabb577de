#include "lib/ops/weighted_sum.h"

#include <algorithm>

#include "lib/kernels/int16_requantization.h"
#include "lib/math/quantize.h"
#include "lib/ops/elementwise.h"

namespace qconvert {
namespace {

void RequireType(const Node& node, const Tensor& tensor, std::initializer_list<ElementType> types) {
  if (std::find(types.begin(), types.end(), tensor.type) == types.end()) {
    FailOnType(node, tensor.type);
  }
}

int32_t Rescaled(uint32_t sum, int32_t bias, FixedMultiplier by) {
  return Multiply(static_cast<int32_t>(sum + static_cast<uint32_t>(bias)), by);
}

int32_t Rescaled(int64_t sum, int64_t bias, FixedMultiplier by) {
  return RescaledSum(sum, bias, by);
}

}  // namespace

void CheckWeighted(const Node& node, std::span<const Tensor* const> inputs, int64_t outputs) {
  const Tensor &input = RequireInput(inputs, 0), &weights = RequireInput(inputs, 1);
  RequireType(node, input, {ElementType::kFloat32, ElementType::kInt8, ElementType::kInt16});
  RequireReals(node, input);
  const bool wide = input.type == ElementType::kInt16;
  const bool dynamic = input.is_float() && weights.quant;
  if (dynamic) {
    RequireType(node, weights, {ElementType::kInt8, ElementType::kInt4, ElementType::kUInt8});
  } else if (input.is_float() != weights.is_float()) {
    Fail(ErrorKind::kUnsupported, "it mixes " + std::string(ElementTypeName(input.type)) +
                                      " input with " + std::string(ElementTypeName(weights.type)) +
                                      " weights without scales");
  }
  if (!input.is_float()) {
    RequireType(node, weights,
                {ElementType::kInt8, wide ? ElementType::kInt8 : ElementType::kInt4});
  }
  if (inputs.size() < 3 || inputs[2] == nullptr) return;
  RequireType(node, *inputs[2],
              {input.is_float() ? ElementType::kFloat32
               : wide           ? ElementType::kInt64
                                : ElementType::kInt32});
  if (inputs[2]->elements() != outputs) {
    Fail(ErrorKind::kUnusable, "a bias of shape " + ToText(inputs[2]->shape) + " for " +
                                   std::to_string(outputs) + " outputs");
  }
}

int64_t WeightedMultiplyAdds(const Node&, std::span<const Tensor* const> inputs,
                             const Tensor& output) {
  if (output.elements() == 0) return 0;
  return output.elements() * (inputs[1]->elements() / output.shape.back());
}

RealSums::RealSums(const Node& node, TensorViews inputs, size_t outputs)
    : clamp_(ActivationRange(FusedActivation(node.op))) {
  for (const TensorView& input : inputs) {
    if (input) RequireType(node, *input.tensor, {ElementType::kFloat32});
  }
  bias_ = BiasOf<float>(inputs, outputs);
}

float RealSums::Finish(Sum sum, size_t output) const {
  return std::clamp(static_cast<float>(sum + bias_[output]), clamp_.min, clamp_.max);
}

const QuantParams& WeightParams(const TensorView& weights, size_t outputs) {
  const QuantParams& params = weights.quant();
  if (params.scales.size() != 1 && params.scales.size() != outputs) {
    Fail(ErrorKind::kUnsupported, std::to_string(params.scales.size()) + " weight scales for " +
                                      std::to_string(outputs) + " outputs");
  }
  return params;
}

std::vector<int32_t> WeightZeros(const TensorView& weights, size_t outputs) {
  std::vector<int32_t> zeros = WeightParams(weights, outputs).zero_points;
  if (zeros.size() == 1) zeros.assign(outputs, zeros.front());
  for (int32_t zero : zeros) {
    if (zero < kInt8Limits.min || zero > kInt8Limits.max) {
      Fail(ErrorKind::kUnusable, "weights with zero point " + std::to_string(zero));
    }
  }
  return zeros;
}

template <typename T>
StepSums<T>::StepSums(const Node& node, TensorViews inputs, const TensorView& result,
                      size_t outputs)
    : bias_(BiasOf<Bias>(inputs, outputs)), weight_zeros_(WeightZeros(inputs[1], outputs)) {
  const AffineParams from = LayerParams(inputs[0]), to = LayerParams(result);
  for (double ratio :
       RescalingRatios(from.scale, WeightParams(inputs[1], outputs), to.scale, outputs)) {
    multipliers_.push_back(QuantizeMultiplier(ratio));
  }
  input_zero_ = from.zero_point;
  result_zero_ = to.zero_point;
  limits_ = ResultLimits(FusedActivation(node.op), to, kLimitsOf<T>);
}

template <typename T>
T StepSums<T>::Finish(Sum sum, size_t output) const {
  const int64_t steps = int64_t{Rescaled(sum, bias_[output], multipliers_[output])} + result_zero_;
  return static_cast<T>(std::clamp<int64_t>(steps, limits_.min, limits_.max));
}

template class StepSums<int8_t>;
template class StepSums<int16_t>;

}  // namespace qconvert
