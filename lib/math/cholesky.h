// Factors the matrices of least-squares problems. Rounding methods and whoever solves such a
// problem stand after it.
#pragma once

#include <cstddef>
#include <span>

#include "lib/base/parallel_for.h"

namespace qconvert {

/// Replaces a symmetric positive definite matrix A by R, upper triangular, with A = R^T R.
///   matrix   [rows, rows]; what lies left of the diagonal is neither read nor written
///   threads  share the work, null: the caller does all; the bits of R are the same
///   result   false when a pivot is no positive normal number: A is not positive definite
[[nodiscard]] bool FactorCholesky(std::span<double> matrix, size_t rows, ThreadPool* threads);

/// Solves R^T R x = b for several b at once.
///   factor   R, as above
///   columns  [rows, count], the b; replaced by the x
void SolveCholesky(std::span<const double> factor, size_t rows, std::span<double> columns,
                   size_t count);

}  // namespace qconvert
