#include "lib/math/product.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

template <typename T>
std::vector<T> Random(size_t count, uint64_t seed) {
  const std::vector<float> values = RandomFloats(count, seed, -1, 1);
  return {values.begin(), values.end()};
}

TEMPLATE_TEST_CASE("A product is the sums in order, of any shape and by any threads", "[math]",
                   float, double) {
  ThreadPool threads(3);
  for (size_t rows : {1, 3, 4, 19, 40}) {
    for (size_t columns : {1, 7, 8, 16, 37}) {
      const size_t terms = 5 + rows;
      const auto a = Random<TestType>(rows * terms, 1), b = Random<TestType>(terms * columns, 2);
      std::vector<TestType> expected(rows * columns), c(rows * columns, NAN), shared = c;
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < columns; ++j) {
          TestType sum = 0;
          for (size_t k = 0; k < terms; ++k) sum += a[i * terms + k] * b[k * columns + j];
          expected[i * columns + j] = sum;
        }
      }
      MultiplyMatrices<TestType>(a, b, terms, columns, nullptr, c);
      MultiplyMatrices<TestType>(a, b, terms, columns, &threads, shared);
      CHECK(c == expected);
      CHECK(shared == expected);
    }
  }
}

}  // namespace
}  // namespace qconvert
