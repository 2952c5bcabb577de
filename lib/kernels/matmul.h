// Fast kernels of FULLY_CONNECTED and BATCH_MATMUL, which lib/ops/fully_connected.cc and
// lib/ops/matmul.cc name in their records.
// Where weights are computed, computed_weights.h has kernels; null where a tensor is empty.
#pragma once

#include "lib/kernels/kernel.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareFullyConnectedFloat(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareBatchMatMulFloat(const PrepareContext& context);
/// Within one step of reference_int8; null for operands with several scales.
std::unique_ptr<Kernel> PrepareBatchMatMulInt8(const PrepareContext& context);

/// Exact int32 sums, requantized in float32: within one step of the reference kernel.
std::unique_ptr<Kernel> PrepareFullyConnectedInt8(const PrepareContext& context);

}  // namespace qconvert
