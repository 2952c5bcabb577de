#include "lib/math/quantize.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
std::vector<T> Quantized(const std::vector<float>& real, AffineParams params,
                         IntegerLimits limits) {
  std::vector<T> quantized(real.size());
  QuantizeValues<T>(real, params, limits, quantized);
  return quantized;
}

}  // namespace

TEST_CASE("Halves are rounded away from zero", "[math]") {
  CHECK(Quantized<int8_t>({0.5F, 1.5F, -0.5F, -1.5F, 2.4F}, {1, 0}, kInt8Limits) ==
        std::vector<int8_t>{1, 2, -1, -2, 2});
}

TEST_CASE("Values outside the limits saturate, infinities included", "[math]") {
  CHECK(Quantized<int8_t>({1e30F, -1e30F, kInfinity, -kInfinity}, {0.1F, 3}, kInt8Limits) ==
        std::vector<int8_t>{127, -128, 127, -128});
  CHECK(Quantized<int8_t>({9, -9}, {1, 0}, kInt4Weights) == std::vector<int8_t>{7, -7});
  CHECK(Quantized<uint8_t>({300, -300}, {1, 10}, kUInt8Limits) == std::vector<uint8_t>{255, 0});
  CHECK(Quantized<int16_t>({1e9F, -1e9F}, {1, 0}, kInt16Limits) ==
        std::vector<int16_t>{32767, -32768});
  CHECK(Quantized<int32_t>({1e30F, -1e30F}, {1, 0}, kInt32Limits) ==
        std::vector<int32_t>{INT32_MAX, INT32_MIN});
}

TEST_CASE("NaN is refused", "[math]") {
  std::vector<int8_t> quantized(1);
  CHECK_THROWS_AS(QuantizeValues<int8_t>(std::vector<float>{std::nanf("")}, {1, 0}, kInt8Limits,
                                         std::span(quantized)),
                  Error);
}

TEST_CASE("Equation 3 round-trips every integer", "[math]") {
  Random random(4);
  for (int i = 0; i < 200; ++i) {
    const AffineParams params = {std::exp2(random.Uniform(-40, 40)),
                                 static_cast<int32_t>(random.Integer(-128, 127))};
    for (int32_t q = -128; q <= 127; ++q) {
      REQUIRE(QuantizeValue(DequantizeValue(q, params), params, kInt8Limits) == q);
    }
    for (int32_t q = -32768; q <= 32767; q += 97) {
      const AffineParams symmetric = {params.scale, 0};
      REQUIRE(QuantizeValue(DequantizeValue(q, symmetric), symmetric, kInt16Limits) == q);
    }
  }
}

TEST_CASE("Quantizing is monotone and idempotent", "[math]") {
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const AffineParams params = {std::exp2(random.Uniform(-8, 8)),
                                 static_cast<int32_t>(random.Integer(-128, 127))};
    float real = -200 * params.scale;
    int32_t previous = -128;
    while (real < 200 * params.scale) {
      const int32_t q = QuantizeValue(real, params, kInt8Limits);
      REQUIRE(q >= previous);
      const float once = DequantizeValue(q, params);
      REQUIRE(DequantizeValue(QuantizeValue(once, params, kInt8Limits), params) == once);
      previous = q;
      real += random.Uniform(0, 3) * params.scale;
    }
  }
}

TEST_CASE("Channels quantize each with its own parameters", "[math]") {
  const std::vector<float> real = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<AffineParams> params = {{1, 0}, {0.5F, 10}};
  const ChannelView view = ViewChannels(std::vector<int64_t>{2, 2, 2}, 1);
  std::vector<int8_t> quantized(8);
  QuantizeChannels<int8_t>(real, view, params, kInt8Limits, quantized);
  CHECK(quantized == std::vector<int8_t>{1, 2, 16, 18, 5, 6, 24, 26});
  std::vector<float> back(8);
  DequantizeChannels<int8_t>(quantized, view, params, back);
  CHECK(back == real);
}

TEST_CASE("A fused clamp becomes limits in the result's integers", "[math]") {
  const AffineParams params = {6.0F / 255, -128};
  CHECK(ClampedLimits(0, kInfinity, params, kInt8Limits).min == -128);
  CHECK(ClampedLimits(0, 6, params, kInt8Limits).max == 127);
  const IntegerLimits relu6 = ClampedLimits(0, 6, {0.1F, -20}, kInt8Limits);
  CHECK(relu6.min == -20);
  CHECK(relu6.max == 40);
  const IntegerLimits none = ClampedLimits(-kInfinity, kInfinity, {0.1F, -20}, kInt8Limits);
  CHECK(none.min == -128);
  CHECK(none.max == 127);
}

}  // namespace qconvert
