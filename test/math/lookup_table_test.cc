#include "lib/math/lookup_table.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/quantize.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using DoubleFunction = double (*)(double);

struct Tabulated {
  const char* name;
  float (*fast)(float);
  DoubleFunction exact;
};

const Tabulated kFunctions[] = {
    {"logistic", LogisticOf, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"elu", EluOf, [](double x) { return x < 0 ? std::expm1(x) : x; }},
    {"gelu", GeluOf, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
    {"gelu by tanh", GeluByTanh,
     [](double x) {
       return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
     }},
};

// The nearest integer to the exact result, and how far a value is from it, in steps.
double StepsOff(int8_t actual, double exact, AffineParams output) {
  const double steps = exact / output.scale + output.zero_point;
  return std::abs(actual - std::min(127.0, std::max(-128.0, steps)));
}

}  // namespace

TEST_CASE("A tabulated function is the exact one to half a step", "[math]") {
  Random random(16);
  for (const Tabulated& function : kFunctions) {
    INFO(function.name);
    for (int i = 0; i < 50; ++i) {
      const AffineParams input = {std::exp2(random.Uniform(-8, -2)),
                                  static_cast<int32_t>(random.Integer(-128, 127))};
      const AffineParams output = {std::exp2(random.Uniform(-8, 0)),
                                   static_cast<int32_t>(random.Integer(-128, 127))};
      const Int8Table table = TableOf(function.fast, input, output);
      for (int32_t q = -128; q <= 127; ++q) {
        const double exact = function.exact(DequantizeValue(q, input));
        REQUIRE(StepsOff(table[static_cast<size_t>(q + 128)], exact, output) <= 0.501);
      }
    }
  }
}

TEST_CASE("The standard logistic spans all probabilities and saturates", "[math]") {
  const Int8Table table = TableOf(LogisticOf, {0.125F, 0}, {1.0F / 256, -128});
  CHECK(table[0] == -128);
  CHECK(table[128] == 0);
  CHECK(table[255] == 127);
  const Int8Table infinite = TableOf([](float x) { return std::exp(x); }, {1, 0}, {1e-3F, 0});
  CHECK(infinite[255] == 127);
}

TEST_CASE("HardSwish in 16-bit integers follows the real function", "[math]") {
  Random random(17);
  for (int i = 0; i < 200; ++i) {
    const float extent = std::exp2(random.Uniform(-1, 5));
    const AffineParams input = ChooseAffine({-extent, extent * random.Uniform(0, 1)}, kInt8Limits);
    const float top = input.scale * static_cast<float>(127 - input.zero_point);
    const AffineParams output = ChooseAffine({-0.375F, std::max(top, 0.1F)}, kInt8Limits);
    const Int8Table table = TableOfHardSwish(input, output);
    for (int32_t q = -128; q <= 127; ++q) {
      const double x = DequantizeValue(q, input);
      const double exact = x * std::min(6.0, std::max(0.0, x + 3)) / 6;
      // Truncated and rounded 16-bit factors: their errors add up to less than one more step.
      REQUIRE(StepsOff(table[static_cast<size_t>(q + 128)], exact, output) <= 1.5);
    }
  }
}

TEST_CASE("HardSwish as LiteRT 2.3.0 computed it", "[math]") {
  const Int8Table table = TableOfHardSwish({0.05F, 3}, {0.04F, -110});
  std::vector<int8_t> input(16);
  std::vector<int8_t> output(16);
  for (int i = 0; i < 16; ++i) input[static_cast<size_t>(i)] = static_cast<int8_t>(-128 + 17 * i);
  LookUp(table, input, output);
  CHECK(output == std::vector<int8_t>{-110, -110, -110, -110, -110, -117, -119, -116, -107, -91,
                                      -70, -42, -19, 2, 24, 45});
}

TEST_CASE("A HardSwish whose output is far finer than its input is refused", "[math]") {
  CHECK_THROWS_AS(TableOfHardSwish({1, 0}, {0.001F, 0}), Error);
}

}  // namespace qconvert
