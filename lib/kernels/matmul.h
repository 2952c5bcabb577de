// Fast kernels of FULLY_CONNECTED and BATCH_MATMUL; lib/ops/matmul.cc names them in its records.
// Null where weights are computed or a tensor is empty: plain loops run then.
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
