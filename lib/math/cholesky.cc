#include "lib/math/cholesky.h"

#include <algorithm>
#include <cmath>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kBlock = 64;     // rows that are factored together
constexpr size_t kColumns = 256;  // that one thread updates at once

/// Subtracts from rows [first, last) what the rows [begin, first) of R explain, in the columns
/// [column, end): A[i, j] -= sum_m R[m, i] R[m, j].
QCONVERT_VECTORIZE void SubtractRows(double* matrix, size_t rows, size_t begin, size_t first,
                                     size_t last, size_t column, size_t end) {
  for (size_t m = begin; m < first; ++m) {
    const double* __restrict known = matrix + m * rows;
    for (size_t i = first; i < last; ++i) {
      const double factor = known[i];
      double* __restrict row = matrix + i * rows;
      for (size_t j = std::max(column, i); j < end; ++j) row[j] -= factor * known[j];
    }
  }
}

/// Factors rows [first, last), from which the rows above are subtracted already; false when a pivot
/// does not allow it.
bool FactorRows(double* matrix, size_t rows, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) {
    SubtractRows(matrix, rows, first, i, i + 1, i, rows);
    double* row = matrix + i * rows;
    if (!std::isnormal(row[i]) || row[i] < 0) return false;
    const double root = std::sqrt(row[i]);
    for (size_t j = i; j < rows; ++j) row[j] /= root;
  }
  return true;
}

/// Adds factor * from to `to`.
QCONVERT_VECTORIZE void AddScaled(double factor, const double* __restrict from, size_t count,
                                  double* __restrict to) {
  for (size_t c = 0; c < count; ++c) to[c] += factor * from[c];
}

void Divide(double divisor, size_t count, double* row) {
  for (size_t c = 0; c < count; ++c) row[c] /= divisor;
}

}  // namespace

bool FactorCholesky(std::span<double> matrix, size_t rows, ThreadPool* threads) {
  double* data = matrix.data();
  for (size_t first = 0; first < rows; first += kBlock) {
    const size_t last = std::min(rows, first + kBlock);
    const size_t parts = (rows - first + kColumns - 1) / kColumns;
    const auto subtract = [&](int part, int) {
      const size_t column = first + static_cast<size_t>(part) * kColumns;
      SubtractRows(data, rows, 0, first, last, column, std::min(rows, column + kColumns));
    };
    if (threads != nullptr && first > 0) {
      threads->Run(static_cast<int>(parts), subtract);
    } else {
      for (size_t part = 0; part < parts; ++part) subtract(static_cast<int>(part), 0);
    }
    if (!FactorRows(data, rows, first, last)) return false;
  }
  return true;
}

void SolveCholesky(std::span<const double> factor, size_t rows, std::span<double> columns,
                   size_t count) {
  const auto at = [&](size_t i) { return columns.data() + i * count; };
  for (size_t i = 0; i < rows; ++i) {  // R^T y = b
    Divide(factor[i * rows + i], count, at(i));
    for (size_t j = i + 1; j < rows; ++j) AddScaled(-factor[i * rows + j], at(i), count, at(j));
  }
  for (size_t i = rows; i-- > 0;) {  // R x = y
    for (size_t j = i + 1; j < rows; ++j) AddScaled(-factor[i * rows + j], at(j), count, at(i));
    Divide(factor[i * rows + i], count, at(i));
  }
}

}  // namespace qconvert
