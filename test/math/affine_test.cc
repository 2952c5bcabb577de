#include "lib/math/affine.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/quantize.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A range whose ends spread over many decades, on one side of 0 or on both.
Range RandomRange(Random& random) {
  const float size = std::exp2(random.Uniform(-30, 30));
  const float a = random.Uniform(-1, 1) * size;
  const float b = a + random.Uniform(0, 1) * size;
  return {a, b};
}

}  // namespace

TEST_CASE("A one-sided range is relaxed to include zero", "[math]") {
  CHECK(RelaxToZero({2.1F, 3.5F}) == Range{0, 3.5F});
  CHECK(RelaxToZero({-3.5F, -2.1F}) == Range{-3.5F, 0});
  CHECK(RelaxToZero({-1, 2}) == Range{-1, 2});
}

TEST_CASE("A range that is not finite or is empty is refused", "[math]") {
  CHECK_THROWS_AS(RelaxToZero({0, kInfinity}), Error);
  CHECK_THROWS_AS(RelaxToZero({kNan, 1}), Error);
  CHECK_THROWS_AS(RelaxToZero({1, -1}), Error);
  CHECK_THROWS_AS(ChooseAffine({-kInfinity, 0}, kInt8Limits), Error);
  CHECK_THROWS_AS(ChooseSymmetric({0, kNan}, kInt8Weights), Error);
}

TEST_CASE("Affine parameters of known ranges", "[math]") {
  CHECK(ChooseAffine({0, 255}, kInt8Limits) == AffineParams{1, -128});
  CHECK(ChooseAffine({-128, 127}, kInt8Limits) == AffineParams{1, 0});
  CHECK(ChooseAffine({-64, 191}, kUInt8Limits) == AffineParams{1, 64});
  CHECK(ChooseAffine({-255, 0}, kInt8Limits) == AffineParams{1, 127});
  CHECK(ChooseSymmetric({-12.7F, 6}, kInt8Weights) == AffineParams{12.7F / 127, 0});
  CHECK(ChooseSymmetric({-3, 7}, kInt4Weights) == AffineParams{1, 0});
}

TEST_CASE("Zero is exactly representable and every value in range is within half a step",
          "[math]") {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const Range range = RandomRange(random);
    const IntegerLimits limits = i % 2 == 0 ? kInt8Limits : kUInt8Limits;
    const AffineParams params = ChooseAffine(range, limits);
    REQUIRE(DequantizeValue(QuantizeValue(0, params, limits), params) == 0);
    REQUIRE(params.zero_point >= limits.min);
    REQUIRE(params.zero_point <= limits.max);
    REQUIRE(std::isnormal(params.scale));
    const Range relaxed = RelaxToZero(range);
    for (int j = 0; j <= 16; ++j) {
      const float t = static_cast<float>(j) / 16;
      const float real = relaxed.min * (1 - t) + relaxed.max * t;
      const float back = DequantizeValue(QuantizeValue(real, params, limits), params);
      // Half a step, and the float rounding of values of up to 256 steps: 256 * 2^-23 steps.
      REQUIRE(std::abs(back - real) <= params.scale * (0.5F + 0x1p-14F));
    }
  }
}

TEST_CASE("Symmetric weights stay within half a step and use the whole range", "[math]") {
  Random random(2);
  for (int i = 0; i < 1000; ++i) {
    const Range range = RandomRange(random);
    const AffineParams params = ChooseSymmetric(range, kInt8Weights);
    REQUIRE(params.zero_point == 0);
    const bool negative = -range.min > range.max;
    const float largest = negative ? range.min : range.max;
    REQUIRE(QuantizeValue(largest, params, kInt8Limits) == (negative ? -127 : 127));
    for (const float real : {range.min, range.max}) {
      const float back = DequantizeValue(QuantizeValue(real, params, kInt8Weights), params);
      REQUIRE(std::abs(back - real) <= params.scale * (0.5F + 0x1p-14F));
    }
  }
}

TEST_CASE("Scales are normal floats whatever the range", "[math]") {
  const float largest = std::numeric_limits<float>::max();
  const float denormal = std::numeric_limits<float>::denorm_min();
  for (const Range range : {Range{0, 0}, Range{0, denormal}, Range{-denormal, denormal},
                            Range{-largest, largest}, Range{0, largest}, Range{0, 1e-37F}}) {
    const AffineParams affine = ChooseAffine(range, kInt8Limits);
    const AffineParams symmetric = ChooseSymmetric(range, kInt8Weights);
    for (const float scale : {affine.scale, symmetric.scale}) {
      CHECK(scale >= kLeastScale);
      CHECK(std::isnormal(scale));
    }
    CHECK(std::isnormal(affine.scale * kLeastScale));
  }
  CHECK(ChooseAffine({0, 0}, kInt8Limits) == AffineParams{kDeadScale, 0});
}

TEST_CASE("A dead channel gets the largest scale of the others", "[math]") {
  const std::vector<Range> channels = {{-1.27F, 1}, {0, 0}, {-0.5F, 2.54F}};
  const auto params = ChooseSymmetricChannels(channels, kInt8Weights);
  CHECK(params[0].scale == Approx(0.01));
  CHECK(params[1] == params[2]);
  CHECK(params[2].scale == Approx(0.02));
  const std::vector<Range> dead(2);
  CHECK(ChooseSymmetricChannels(dead, kInt8Weights)[1] == AffineParams{kDeadScale, 0});
  const auto affine = ChooseAffineChannels(channels, kInt8Limits);
  CHECK(affine[1] == AffineParams{affine[2].scale, 0});
}

TEST_CASE("Channel ranges equal a plain search along the axis", "[math]") {
  const std::vector<int64_t> shape = {3, 4, 5};
  const auto values = RandomFloats(60, 3);
  for (int axis = 0; axis < 3; ++axis) {
    const ChannelView view = ViewChannels(shape, axis);
    std::vector<Range> expected(static_cast<size_t>(view.channels), Range{2, -2});
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t index[] = {i / 20, i / 5 % 4, i % 5};
      Range& range = expected[index[axis]];
      range = {std::min(range.min, values[i]), std::max(range.max, values[i])};
    }
    CHECK(RangeOfChannels(values, view) == expected);
  }
}

TEST_CASE("Ranges of values that are not finite are refused", "[math]") {
  CHECK_THROWS_AS(RangeOf(std::vector<float>{1, kNan}), Error);
  CHECK_THROWS_AS(RangeOf(std::vector<float>{kNan}), Error);
  CHECK_THROWS_AS(RangeOf(std::vector<float>{-kInfinity, 0}), Error);
  CHECK_THROWS_AS(RangeOfChannels(std::vector<float>{1, kInfinity}, {1, 2, 1}), Error);
  CHECK(RangeOf({}) == Range{0, 0});
  CHECK(RangeOf(std::vector<float>{3, 2, 5}) == Range{2, 5});
}

}  // namespace qconvert
