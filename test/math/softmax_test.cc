#include "lib/math/softmax.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<int8_t> Softmax(float scale, const std::vector<int8_t>& input, float beta = 1) {
  std::vector<int8_t> output(input.size());
  SoftmaxRow(PrepareSoftmax(scale, beta), input, output);
  return output;
}

std::vector<int8_t> LogSoftmax(float scale, const std::vector<int8_t>& input) {
  std::vector<int8_t> output(input.size());
  LogSoftmaxRow(PrepareSoftmax(scale, 1), input, output);
  return output;
}

double LogSumExp(float scale, const std::vector<int8_t>& input) {
  double sum = 0;
  for (const int8_t q : input) sum += std::exp(double{scale} * q);
  return std::log(sum);
}

std::vector<int8_t> RandomRow(Random& random) {
  const auto count = static_cast<size_t>(random.Integer(1, 300));
  return RandomInt8(count, random.Next());
}

}  // namespace

TEST_CASE("Softmax is the exact one to a step", "[math]") {
  Random random(18);
  for (int i = 0; i < 300; ++i) {
    const float scale = std::exp2(random.Uniform(-12, 2));
    const std::vector<int8_t> input = RandomRow(random);
    const std::vector<int8_t> output = Softmax(scale, input);
    const double log_sum = LogSumExp(scale, input);
    for (size_t j = 0; j < input.size(); ++j) {
      const double steps = std::exp(double{scale} * input[j] - log_sum) * 256 - 128;
      REQUIRE(std::abs(output[j] - std::min(steps, 127.0)) <= 0.51);
    }
  }
}

TEST_CASE("Log softmax is the exact one to a step", "[math]") {
  Random random(19);
  for (int i = 0; i < 300; ++i) {
    const float scale = std::exp2(random.Uniform(-10, 1));
    const std::vector<int8_t> input = RandomRow(random);
    const std::vector<int8_t> output = LogSoftmax(scale, input);
    const double log_sum = LogSumExp(scale, input);
    for (size_t j = 0; j < input.size(); ++j) {
      const double steps = (double{scale} * input[j] - log_sum) * 16 + 127;
      REQUIRE(std::abs(output[j] - std::max(steps, -128.0)) <= 1);
    }
  }
}

TEST_CASE("Rows as LiteRT 2.3.0 computed them", "[math]") {
  const std::vector<int8_t> input = {-128, -3, 0, 5, 7, 40, 41, 127};
  CHECK(Softmax(0.05F, input) ==
        std::vector<int8_t>{-128, -128, -128, -127, -127, -125, -125, 119});
  CHECK(Softmax(0.02F, input, 0.5F) ==
        std::vector<int8_t>{-121, -105, -105, -103, -103, -93, -93, -45});
  CHECK(LogSoftmax(0.05F, input) == std::vector<int8_t>{-78, 22, 25, 29, 30, 57, 58, 126});
}

TEST_CASE("Beta scales the input", "[math]") {
  const std::vector<int8_t> input = RandomInt8(50, 20);
  CHECK(Softmax(0.03F, input, 2) == Softmax(0.06F, input, 1));
}

TEST_CASE("A row so long and flat that every probability is below half a step is all zeros",
          "[math]") {
  const std::vector<int8_t> flat(5000, 7);
  CHECK(Softmax(0.1F, flat) == std::vector<int8_t>(5000, -128));
  CHECK(Softmax(0.1F, std::vector<int8_t>(400, 7)) == std::vector<int8_t>(400, -127));
  CHECK(Softmax(0.1F, {}).empty());
}

TEST_CASE("An input too fine for the fixed point is refused", "[math]") {
  CHECK_THROWS_AS(PrepareSoftmax(0x1p-26F, 1), Error);
  CHECK_THROWS_AS(PrepareSoftmax(0.1F, 0), Error);
  CHECK_NOTHROW(PrepareSoftmax(1e9F, 1));
}

}  // namespace qconvert
