#include "lib/math/finite_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

TEST_CASE("The range of values is their smallest and largest, at every length", "[math]") {
  CHECK(FiniteRange({}) == Range{0, 0});
  for (size_t count = 1; count < 150; ++count) {
    const std::vector<float> values = RandomFloats(count, count, -5, 5);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    REQUIRE(FiniteRange(values) == Range{*low, *high});
  }
  constexpr float kLargest = std::numeric_limits<float>::max();
  CHECK(FiniteRange(std::vector<float>{-kLargest, kLargest}) == Range{-kLargest, kLargest});
}

TEST_CASE("One value that is not finite is found wherever it stands", "[math]") {
  const float bad = GENERATE(NAN, INFINITY, -INFINITY);
  for (size_t count : {1, 31, 32, 33, 64, 100}) {
    for (size_t at = 0; at < count; ++at) {
      std::vector<float> values = RandomFloats(count, 1);
      values[at] = bad;
      REQUIRE_FALSE(FiniteRange(values));
    }
  }
}

}  // namespace
}  // namespace qconvert
