// Fast kernels of the convolutions; lib/ops/conv.cc and transpose_conv.cc name them in their
// records. Where the weights are computed, computed_weights.h has kernels; else plain loops run.
#pragma once

#include "lib/graph/operators.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareConv2DFloat(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareDepthwiseConv2DFloat(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareTransposeConv2DFloat(const PrepareContext& context);

/// Integer convolution: int8 in and out, int32 accumulators, exact on every machine, requantized in
/// float32 (within one step of the reference kernels).
///   |accumulator| <= 255 * 127 * KH * KW * I + |bias|: below 2^31 while KH KW I < 33,000
///   Null where the shape is not covered; the reference kernel runs then.
std::unique_ptr<Kernel> PrepareConv2DInt8(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareDepthwiseConv2DInt8(const PrepareContext& context);

/// Integer convolution of int16 activations with int8 weights, equal to the reference kernels. Null
/// where the shape is not covered.
std::unique_ptr<Kernel> PrepareConv2DInt16(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareDepthwiseConv2DInt16(const PrepareContext& context);

/// Shapes of a convolution: input [N,H,W,C], filter [O,KH,KW,C/groups], output [N,OH,OW,O].
struct ConvolutionShape {
  Shape input, filter, output;
  Window window;
};

/// Returns whether some window reaches out of the input.
inline bool ReadsPadding(const Window& window) {
  return window.pad_top > 0 || window.pad_bottom > 0 || window.pad_left > 0 || window.pad_right > 0;
}

/// Prepares an integer convolution, or what can be seen as one, with constant weights (input 1)
/// and bias (input 2, if any): by oneDNN where the machine multiplies 8-bit integers exactly, else
/// by our 16-bit products. Same promises as PrepareConv2DInt8.
std::unique_ptr<Kernel> PrepareInt8Convolution(const PrepareContext& context,
                                               const ConvolutionShape& shape,
                                               Activation activation);

/// Prepares a float convolution, or what can be seen as one, with constant weights and bias, by
/// oneDNN; null where it has no kernel.
std::unique_ptr<Kernel> PrepareFloatConvolution(const PrepareContext& context,
                                                const ConvolutionShape& shape,
                                                Activation activation);

/// Prepare an integer convolution by oneDNN, by our products of unsigned with signed 8-bit
/// integers, or by those of 16-bit integers; null where the shape is not covered.
std::unique_ptr<Kernel> PrepareOneDnnInt8(const PrepareContext& context,
                                          const ConvolutionShape& shape, Activation activation);
std::unique_ptr<Kernel> PrepareDotProducts(const PrepareContext& context, ConvolutionShape shape,
                                           Activation activation);
std::unique_ptr<Kernel> PrepareInt16Products(const PrepareContext& context, ConvolutionShape shape,
                                             Activation activation);

}  // namespace qconvert
