// What integer products of matrices that are both computed have in common: batch_matmul_int8.cc and
// batch_matmul_dot.cc.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Returns which matrices of a and b make each of the result.
std::vector<std::array<size_t, 2>> BatchesOf(const PrepareContext& context);

/// Returns how sums become the result, for whole panels of `columns`; the biases are 0.
Requantization ProductRequantization(const PrepareContext& context, size_t columns);

/// Prepares products of unsigned with signed bytes, four to an instruction; null where the machine
/// or the layout of the operands is another.
std::unique_ptr<Kernel> PrepareBatchMatMulDot(const PrepareContext& context);

}  // namespace qconvert
