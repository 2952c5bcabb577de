// Which kernel an integer convolution gets.
#include "lib/kernels/conv.h"
#include "lib/kernels/conv_winograd.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareInt8Convolution(const PrepareContext& context,
                                               const ConvolutionShape& shape,
                                               Activation activation) {
  const bool empty = NumElements(shape.input) == 0 || NumElements(shape.output) == 0;
  if (empty || !HasConstantInt8Weights(context)) return nullptr;
  if (context.exact_int8_dot) {
    if (auto kernel = PrepareDotProducts(context, shape, activation)) return kernel;
    if (auto kernel = PrepareOneDnnInt8(context, shape, activation)) return kernel;
  }
  if (auto kernel = PrepareWinograd(context, shape, activation)) return kernel;
  return PrepareInt16Products(context, shape, activation);
}

std::unique_ptr<Kernel> PrepareConv2DInt8(const PrepareContext& context) {
  const Conv2D& conv = *context.node->As<Conv2D>();
  return PrepareInt8Convolution(
      context,
      {context.inputs[0]->shape, context.inputs[1]->shape, context.outputs[0]->shape, conv.window},
      conv.activation);
}

}  // namespace qconvert
