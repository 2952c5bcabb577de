// What the integer convolutions and matrix products read from their node: scales, bias, clamp.
#pragma once

#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Returns whether weights (input 1) and bias (input 2, if any) are constants that a fast kernel
/// can repack, the weights with zero points of 0, and whether every tensor has the parameters that
/// it needs; where not, the reference says what is wrong.
bool HasConstantInt8Weights(const PrepareContext& context);

/// Returns the sum of each output's weights [O, ...].
std::vector<int32_t> WeightSums(std::span<const int8_t> weights, size_t outputs);

/// Returns whether sums of so many products, of unsigned inputs too, stay below 2^30 steps of the
/// result, so that vectors convert them to integers as they are.
bool FitsSteps(const Requantization& requantization, int64_t products);

/// Returns how sums of input 0 x weights (input 1) + bias (input 2) become the result.
Requantization RequantizationOf(const PrepareContext& context, Activation activation);

}  // namespace qconvert
