#include "lib/math/cholesky.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

/// Returns M^T M + 1 for random M [rows, rows]: symmetric positive definite.
std::vector<double> RandomDefinite(size_t rows) {
  const std::vector<float> m = RandomFloats(rows * rows, rows, -1, 1);
  std::vector<double> a(rows * rows);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < rows; ++j) {
      a[i * rows + j] = i == j ? 1 : 0;
      for (size_t k = 0; k < rows; ++k) {
        a[i * rows + j] += double{m[k * rows + i]} * double{m[k * rows + j]};
      }
    }
  }
  return a;
}

/// Sizes below, at and above the blocks that are factored together.
constexpr size_t kSizes[] = {1, 2, 63, 64, 65, 150, 331};

TEST_CASE("The factor's square is the matrix", "[math]") {
  for (size_t rows : kSizes) {
    const std::vector<double> a = RandomDefinite(rows);
    std::vector<double> r = a;
    REQUIRE(FactorCholesky(r, rows, nullptr));
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = i; j < rows; ++j) {
        double sum = 0;
        for (size_t k = 0; k <= i; ++k) sum += r[k * rows + i] * r[k * rows + j];
        // Higham 2002, theorem 10.3: |A - R^T R| <= (n + 1) u |R|^T |R|, whose diagonal is A's.
        const double most = std::sqrt(a[i * rows + i] * a[j * rows + j]);
        REQUIRE(std::abs(sum - a[i * rows + j]) <=
                static_cast<double>(2 * rows + 2) * 0x1p-52 * most);
      }
      for (size_t j = 0; j < i; ++j) REQUIRE(r[i * rows + j] == a[i * rows + j]);
    }
  }
}

TEST_CASE("Threads do not change a factor", "[math]") {
  ThreadPool threads(3);
  const size_t rows = 331;
  std::vector<double> alone = RandomDefinite(rows), shared = alone;
  REQUIRE(FactorCholesky(alone, rows, nullptr));
  REQUIRE(FactorCholesky(shared, rows, &threads));
  CHECK(alone == shared);
}

TEST_CASE("Solutions solve the equations", "[math]") {
  constexpr size_t kRows = 70, kCount = 3;
  const std::vector<double> a = RandomDefinite(kRows);
  std::vector<double> r = a;
  REQUIRE(FactorCholesky(r, kRows, nullptr));
  const std::vector<float> wanted = RandomFloats(kRows * kCount, 1, -1, 1);
  std::vector<double> columns(kRows * kCount);
  double largest = 0;
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t k = 0; k < kRows; ++k) {
      largest = std::max(largest, std::abs(a[i * kRows + k]));
      for (size_t c = 0; c < kCount; ++c) {
        columns[i * kCount + c] += a[i * kRows + k] * double{wanted[k * kCount + c]};
      }
    }
  }
  SolveCholesky(r, kRows, columns, kCount);
  // The least eigenvalue is at least 1, so the condition is at most the matrix's norm.
  const double condition = largest * kRows;
  for (size_t i = 0; i < columns.size(); ++i) {
    CHECK(std::abs(columns[i] - double{wanted[i]}) <= 4.0 * kRows * kRows * 0x1p-52 * condition);
  }
}

TEST_CASE("A matrix that is not positive definite has no factor", "[math]") {
  std::vector<double> singular = {1, 2, 2, 4}, negative = {-1}, nothing = {NAN};
  CHECK_FALSE(FactorCholesky(singular, 2, nullptr));
  CHECK_FALSE(FactorCholesky(negative, 1, nullptr));
  CHECK_FALSE(FactorCholesky(nothing, 1, nullptr));
}

}  // namespace
}  // namespace qconvert
