// What the integer convolutions and matrix products read from their node: scales, bias, clamp.
#pragma once

#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Returns whether weights (input 1) and bias (input 2, if any) are constants that a fast kernel
/// can repack, the weights with zero points of 0, and whether every tensor has the parameters that
/// it needs; where not, the reference says what is wrong.
bool HasConstantInt8Weights(const PrepareContext& context);

/// Returns how sums of input 0 x weights (input 1) + bias (input 2) become the result.
Requantization RequantizationOf(const PrepareContext& context, Activation activation);

}  // namespace qconvert
