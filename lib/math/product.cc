#include "lib/math/product.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kTileRows = 4;
constexpr size_t kTaskRows = 4 * kTileRows;  // that one thread computes at once

using FloatLanes [[gnu::vector_size(32)]] = float;
using DoubleLanes [[gnu::vector_size(32)]] = double;
template <typename T>
using Lanes = std::conditional_t<std::is_same_v<T, float>, FloatLanes, DoubleLanes>;
template <typename T>
constexpr size_t kTileColumns = 2 * sizeof(Lanes<T>) / sizeof(T);

template <typename T>
struct Matrices {
  const T* a;
  const T* b;
  T* c;
  size_t rows, terms, columns;
};

/// Computes one tile of whole vectors at (row, column); of `rows` rows.
template <typename T>
[[gnu::always_inline]] inline void WholeTile(const Matrices<T>& m, size_t row, size_t column) {
  std::array<std::array<Lanes<T>, 2>, kTileRows> sums{};
  std::array<const T*, kTileRows> left;  // the last row again where there are fewer
  for (size_t i = 0; i < kTileRows; ++i) left[i] = m.a + std::min(row + i, m.rows - 1) * m.terms;
  for (size_t k = 0; k < m.terms; ++k) {
    std::array<Lanes<T>, 2> right;
    std::memcpy(&right, m.b + k * m.columns + column, sizeof right);
    for (size_t i = 0; i < kTileRows; ++i) {
      sums[i][0] += left[i][k] * right[0];
      sums[i][1] += left[i][k] * right[1];
    }
  }
  for (size_t i = 0; i < std::min(kTileRows, m.rows - row); ++i) {
    std::memcpy(m.c + (row + i) * m.columns + column, &sums[i], sizeof sums[i]);
  }
}

template <typename T>
[[gnu::always_inline]] inline void OneByOne(const Matrices<T>& m, size_t row, size_t column) {
  T sum = 0;
  for (size_t k = 0; k < m.terms; ++k) sum += m.a[row * m.terms + k] * m.b[k * m.columns + column];
  m.c[row * m.columns + column] = sum;
}

template <typename T>
[[gnu::always_inline]] inline void Rows(const Matrices<T>& m, size_t begin, size_t end) {
  const size_t whole = m.columns - m.columns % kTileColumns<T>;
  for (size_t row = begin; row < end; row += kTileRows) {
    for (size_t column = 0; column < whole; column += kTileColumns<T>) WholeTile(m, row, column);
    for (size_t i = row; i < std::min(end, row + kTileRows); ++i) {
      for (size_t column = whole; column < m.columns; ++column) OneByOne(m, i, column);
    }
  }
}

QCONVERT_VECTORIZE void MultiplyRows(const Matrices<float>& m, size_t begin, size_t end) {
  Rows(m, begin, end);
}
QCONVERT_VECTORIZE void MultiplyRows(const Matrices<double>& m, size_t begin, size_t end) {
  Rows(m, begin, end);
}

}  // namespace

template <typename T>
void MultiplyMatrices(std::span<const T> a, std::span<const T> b, size_t terms, size_t columns,
                      ThreadPool* threads, std::span<T> c) {
  const size_t rows = columns == 0 ? 0 : c.size() / columns;
  const Matrices<T> matrices{a.data(), b.data(), c.data(), rows, terms, columns};
  const auto multiply = [&](int task, int) {
    const size_t begin = static_cast<size_t>(task) * kTaskRows;
    MultiplyRows(matrices, begin, std::min(rows, begin + kTaskRows));
  };
  const auto tasks = static_cast<int>((rows + kTaskRows - 1) / kTaskRows);
  if (threads != nullptr && tasks > 1) {
    threads->Run(tasks, multiply);
  } else {
    for (int task = 0; task < tasks; ++task) multiply(task, 0);
  }
}

template void MultiplyMatrices(std::span<const float>, std::span<const float>, size_t, size_t,
                               ThreadPool*, std::span<float>);
template void MultiplyMatrices(std::span<const double>, std::span<const double>, size_t, size_t,
                               ThreadPool*, std::span<double>);

}  // namespace qconvert
