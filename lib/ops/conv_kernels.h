// Fast kernels of the convolutions; lib/ops/conv.cc and transpose_conv.cc name them in their
// records. Null where the weights are computed: plain loops run then.
#pragma once

#include "lib/ops/kernel.h"

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

}  // namespace qconvert
