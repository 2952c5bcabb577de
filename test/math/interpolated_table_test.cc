#include "lib/math/interpolated_table.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

TEST_CASE("An interpolated table meets straight lines to a step", "[math]") {
  const Int16Table table =
      InterpolatedTableOf<double>([](double x) { return 0.5 * x; }, 1.0 / 4096, 0, 1.0 / 4096);
  for (int32_t q = -32768; q <= 32767; ++q) {
    REQUIRE(std::abs(Interpolate(table, static_cast<int16_t>(q)) - 0.5 * q) <= 1);
  }
}

/// A line over h differs from f by h^2 / 8 max|f''| at most. Entries lie 65535/65536 as far apart
/// as they are taken to, which is a step of the operand in the end, eight of the result; its unit
/// is off by as much; entries and result are rounded.
TEST_CASE("An interpolated table meets curves as well as lines can", "[math]") {
  const double scale = 8.0 / 32768, h = 128 * scale;
  const Int16Table table =
      InterpolatedTableOf<double>([](double x) { return std::sin(x); }, scale, 0, 1.0 / 32768);
  const double most = 32768 * h * h / 8 + 8 + 2.5;
  for (int32_t q = -32768; q <= 32767; ++q) {
    const double exact = std::min(32767.0, 32768 * std::sin(q * scale));
    REQUIRE(std::abs(Interpolate(table, static_cast<int16_t>(q)) - exact) <= most);
  }
}

/// The table's lines are off by 0.35 steps of the logistic function (h = 1/24, |f''| < 0.1, half of
/// the error made up for), its entries by 0.25, the rescaled operand by 2^-14 of itself, 0.45, and
/// the result is rounded. TANH is twice the logistic function.
TEST_CASE("int16 logistic and tanh are exact to two and four steps", "[math]") {
  Random random(3);
  for (int i = 0; i < 40; ++i) {
    const float scale = std::exp2(random.Uniform(-24, 1));
    const Int16Sigmoid logistic(Int16Sigmoid::kLogistic, scale), tanh(Int16Sigmoid::kTanh, scale);
    for (int32_t q = -32768; q <= 32767; q += 7) {
      const double x = double{scale} * q;
      const double exact = std::min(32767.0, 32768 / (1 + std::exp(-x)));
      CAPTURE(scale, q);
      REQUIRE(std::abs(logistic(static_cast<int16_t>(q)) - exact) <= 2);
      REQUIRE(std::abs(tanh(static_cast<int16_t>(q)) - 32768 * std::tanh(x)) <= 4);
    }
  }
}

TEST_CASE("int16 logistic and tanh keep the order of operands at all scales", "[math]") {
  for (const float scale : {kLeastSigmoidScale, 0x1p-20F, 0x1p-12F, 0x1p-11F, 1.0F, 3.99F}) {
    const Int16Sigmoid logistic(Int16Sigmoid::kLogistic, scale), tanh(Int16Sigmoid::kTanh, scale);
    for (int32_t q = -32767; q <= 32767; ++q) {
      const auto below = static_cast<int16_t>(q - 1), at = static_cast<int16_t>(q);
      REQUIRE(logistic(below) <= logistic(at));
      REQUIRE(tanh(below) <= tanh(at));
    }
  }
}

}  // namespace
}  // namespace qconvert
