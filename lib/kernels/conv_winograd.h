// 3x3 integer convolutions with fewer products, for machines without VNNI.
#pragma once

#include <memory>

#include "lib/kernels/conv.h"

namespace qconvert {

/// Prepares a dense 3x3 convolution of stride 1 by Winograd's filtering (winograd.h); null where it
/// does not apply or does not pay. Promises what PrepareConv2DInt8 does.
std::unique_ptr<Kernel> PrepareWinograd(const PrepareContext& context,
                                        const ConvolutionShape& shape, Activation activation);

}  // namespace qconvert
