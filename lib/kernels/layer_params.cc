#include "lib/kernels/layer_params.h"

#include <string>

#include "lib/math/quantize.h"

namespace qconvert {
namespace {

bool HasOneScale(const Tensor& tensor) {
  return tensor.quant && !tensor.quant->per_channel() && tensor.quant->scales.size() == 1 &&
         tensor.quant->zero_points.size() == 1;
}

}  // namespace

bool IsInt8PerLayer(const Tensor& tensor) {
  return tensor.type == ElementType::kInt8 && HasOneScale(tensor);
}

AffineParams LayerParams(const TensorView& view) {
  const Tensor& tensor = *view.tensor;
  const bool wide = tensor.type == ElementType::kInt16;
  if (!(wide || tensor.type == ElementType::kInt8) || !HasOneScale(tensor)) {
    Fail(ErrorKind::kUnsupported, "tensor '" + tensor.name +
                                      "' must be int8 or int16 with one scale, it is " +
                                      std::string(ElementTypeName(tensor.type)) + " with " +
                                      std::to_string(view.quant().scales.size()));
  }
  const AffineParams params{view.quant().scale(), view.quant().zero_point()};
  const IntegerLimits zero_points = wide ? IntegerLimits{0, 0} : kInt8Limits;
  if (params.zero_point < zero_points.min || params.zero_point > zero_points.max) {
    Fail(ErrorKind::kUnusable,
         "tensor '" + tensor.name + "' has zero point " + std::to_string(params.zero_point));
  }
  return params;
}

IntegerLimits ResultLimits(Activation activation, const AffineParams& result,
                           IntegerLimits numbers) {
  const Range clamp = ActivationRange(activation);
  return ClampedLimits(clamp.min, clamp.max, result, numbers);
}

std::vector<double> RescalingRatios(float input_scale, const QuantParams& weights,
                                    float result_scale, size_t outputs) {
  std::vector<double> ratios;
  for (size_t o = 0; o < outputs; ++o) {
    const float scale = weights.scales[weights.scales.size() == 1 ? 0 : o];
    ratios.push_back(double{input_scale} * double{scale} / double{result_scale});
  }
  return ratios;
}

}  // namespace qconvert
