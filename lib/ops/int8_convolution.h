// Dense integer convolution as products of windows with packed weights (int8_gemm.h): what Conv2D
// and FullyConnected run where no instruction multiplies 8-bit integers exactly.
#pragma once

#include <memory>

#include "lib/graph/operators.h"
#include "lib/ops/kernel.h"

namespace qconvert {

/// Shapes of a convolution: input [N,H,W,C], filter [O,KH,KW,C], output [N,OH,OW,O].
struct ConvolutionShape {
  Shape input, filter, output;
  Window window;
};

/// Prepares the kernel of a node with constant int8 weights (input 1) and int32 bias (input 2, if
/// any); null when the weights have zero points.
std::unique_ptr<Kernel> PrepareInt8Convolution(const PrepareContext& context,
                                               ConvolutionShape shape, Activation activation);

}  // namespace qconvert
