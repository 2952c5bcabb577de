#include "lib/kernels/layer_params.h"

#include <string>

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

}  // namespace qconvert
