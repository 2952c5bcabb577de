#include "lib/kernels/layer_params.h"

#include <string>

#include "lib/math/quantize.h"

namespace qconvert {

bool IsInt8PerLayer(const Tensor& tensor) {
  return tensor.type == ElementType::kInt8 && tensor.quant && !tensor.quant->per_channel() &&
         tensor.quant->scales.size() == 1 && tensor.quant->zero_points.size() == 1;
}

AffineParams LayerParams(const TensorView& view) {
  if (!IsInt8PerLayer(*view.tensor)) {
    Fail(ErrorKind::kUnsupported, "tensor '" + view.tensor->name +
                                      "' must be int8 with one scale, it is " +
                                      std::string(ElementTypeName(view.type())) + " with " +
                                      std::to_string(view.quant().scales.size()));
  }
  const AffineParams params{view.quant().scale(), view.quant().zero_point()};
  if (params.zero_point < kInt8Limits.min || params.zero_point > kInt8Limits.max) {
    Fail(ErrorKind::kUnusable,
         "tensor '" + view.tensor->name + "' has zero point " + std::to_string(params.zero_point));
  }
  return params;
}

IntegerLimits ResultLimits(Activation activation, const AffineParams& result) {
  const Range clamp = ActivationRange(activation);
  return ClampedLimits(clamp.min, clamp.max, result, kInt8Limits);
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
