// Integer convolutions: oneDNN where the machine multiplies 8-bit integers exactly, else ours.
#include "lib/ops/conv_kernels.h"
#include "lib/ops/int8_convolution.h"
#include "lib/ops/int8_requantization.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareConv2DInt8(const PrepareContext& context) {
  const Conv2D& conv = *context.node->As<Conv2D>();
  const Shape &input = context.inputs[0]->shape, &filter = context.inputs[1]->shape;
  if (!HasConstantInt8Weights(context) || filter[3] != input[3]) return nullptr;
  return PrepareInt8Convolution(context, {input, filter, context.outputs[0]->shape, conv.window},
                                conv.activation);
}

}  // namespace qconvert
