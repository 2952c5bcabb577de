#include "lib/math/dynamic_range.h"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<float> Rounded(const std::vector<float>& values) {
  std::vector<float> rounded(values.size());
  RoundToOwnRange(values, rounded);
  return rounded;
}

TEST_CASE("A range of its own has 255 steps and holds zero", "[math]") {
  CHECK(DynamicParams({-1, 1}) == AffineParams{2.0F / 255, -1});  // -0.5, away from zero
  CHECK(DynamicParams({2, 51}) == AffineParams{0.2F, -128});
  CHECK(DynamicParams({-51, -2}) == AffineParams{0.2F, 127});
  CHECK(DynamicParams({-10, 41}) == AffineParams{0.2F, -78});
  CHECK(DynamicParams({0, 0}) == AffineParams{1, 0});
}

TEST_CASE("Values move by no more than half a step of their own range", "[math]") {
  const std::vector<float> values = RandomFloats(1000, 3, -3, 8);
  const std::vector<float> rounded = Rounded(values);
  // Half a step, and another half at the two ends: zero takes a step, so an end may be cut.
  const float step = 11.0F / 255;
  size_t moved = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool inside = values[i] > -3 + step && values[i] < 8 - step;
    CHECK(std::abs(values[i] - rounded[i]) <= (inside ? 0.5001F : 1.0F) * step);
    moved += values[i] != rounded[i];
  }
  CHECK(moved > 900);
}

TEST_CASE("Halves go away from zero, as LiteRT's do", "[math]") {
  // Steps of 1, zero point -128: what is rounded is value - 128, whose halves are below zero.
  CHECK(Rounded({0, 255, 0.5F, 1.5F, 127.5F, 128.5F, 254.5F}) ==
        std::vector<float>{0, 255, 0, 1, 127, 129, 255});
}

TEST_CASE("Zeros stay zeros", "[math]") {
  CHECK(Rounded({0, 0, 0}) == std::vector<float>{0, 0, 0});
  CHECK(Rounded({-1.37F, 0, 2.11F})[1] == 0);
}

TEST_CASE("What has no grid stays as it is", "[math]") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(Rounded({0.123F, infinity}) == std::vector<float>{0.123F, infinity});
  CHECK(std::isnan(Rounded({0.123F, NAN})[1]));
  CHECK(Rounded({1e-44F, 0}) ==
        std::vector<float>{1e-44F, 0});  // its steps would be below any float
  CHECK(Rounded({}).empty());
}

}  // namespace
}  // namespace qconvert
