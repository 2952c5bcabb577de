#include "lib/math/bias.h"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/random.h"

namespace qconvert {

TEST_CASE("A bias that fits leaves the weight scales alone", "[math]") {
  std::vector<AffineParams> weights = {{0.01F, 0}, {0.02F, 0}};
  const std::vector<float> bias = {1.5F, -3};
  WidenForBias(bias, 0.1F, weights);
  CHECK(weights == std::vector<AffineParams>{{0.01F, 0}, {0.02F, 0}});
  std::vector<int32_t> quantized(2);
  QuantizeBias(bias, 0.1F, weights, quantized);
  CHECK(quantized == std::vector<int32_t>{1500, -1500});
}

TEST_CASE("A nearly dead channel with a large bias is widened until the bias fits", "[math]") {
  std::vector<AffineParams> weights = {{1e-12F, 0}, {0.02F, 0}};
  const std::vector<float> bias = {-7.5F, 1};
  WidenForBias(bias, 0.05F, weights);
  CHECK(weights[0].scale > 1e-12F);
  CHECK(weights[1].scale == 0.02F);
  std::vector<int32_t> quantized(2);
  QuantizeBias(bias, 0.05F, weights, quantized);
  CHECK(quantized[0] >= -kLargestBias);
  CHECK(quantized[0] * 0.05 * weights[0].scale == Approx(-7.5).epsilon(1e-6));
}

TEST_CASE("One weight scale for all channels fits the largest bias", "[math]") {
  std::vector<AffineParams> weights = {{1e-12F, 0}};
  const std::vector<float> bias = {1, -100, 3};
  WidenForBias(bias, 1, weights);
  std::vector<int32_t> quantized(3);
  QuantizeBias(bias, 1, weights, quantized);
  CHECK(std::abs(quantized[1]) <= kLargestBias);
  CHECK(std::abs(quantized[1]) >= kLargestBias - 1024);
  CHECK(quantized[0] * double{weights[0].scale} == Approx(1).epsilon(1e-6));
}

TEST_CASE("Any finite bias fits after widening, within half a step", "[math]") {
  Random random(6);
  for (int i = 0; i < 5000; ++i) {
    std::vector<AffineParams> weights = {{std::exp2(random.Uniform(-60, 10)), 0}};
    const std::vector<float> bias = {std::exp2(random.Uniform(-60, 60)) * random.Uniform(-1, 1)};
    const float input_scale = std::exp2(random.Uniform(-60, 10));
    WidenForBias(bias, input_scale, weights);
    std::vector<int32_t> quantized(1);
    QuantizeBias(bias, input_scale, weights, quantized);
    const double scale = double{input_scale} * weights[0].scale;
    REQUIRE(std::abs(quantized[0]) <= kLargestBias);
    REQUIRE(std::abs(quantized[0] * scale - bias[0]) <= scale * 0.5 * (1 + 1e-9));
  }
}

TEST_CASE("A bias of 64 bits widens scales far later", "[math]") {
  std::vector<AffineParams> weights = {{1e-11F, 0}, {1e-18F, 0}};
  const std::vector<float> bias = {-7.5F, 2};
  WidenForBias(bias, 0.05F, weights, kLargestWideBias);
  CHECK(weights[0].scale == 1e-11F);
  CHECK(weights[1].scale > 1e-18F);
  std::vector<int64_t> quantized(2);
  QuantizeBias(bias, 0.05F, weights, quantized);
  for (size_t c = 0; c < 2; ++c) {
    CHECK(std::abs(quantized[c]) <= kLargestWideBias);
    const double scale = 0.05 * static_cast<double>(weights[c].scale);
    CHECK(static_cast<double>(quantized[c]) * scale == Approx(bias[c]).epsilon(1e-6));
  }
}

TEST_CASE("A bias that is not finite is refused", "[math]") {
  std::vector<AffineParams> weights = {{1, 0}};
  std::vector<int32_t> quantized(1);
  const std::vector<float> nan = {std::nanf("")};
  const std::vector<float> infinite = {std::numeric_limits<float>::infinity()};
  CHECK_THROWS_AS(WidenForBias(nan, 1, weights), Error);
  CHECK_THROWS_AS(QuantizeBias(infinite, 1, weights, quantized), Error);
}

}  // namespace qconvert
