#include "lib/math/fixed_point_functions.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

double Real(int32_t raw, int fraction_bits) { return std::ldexp(raw, -fraction_bits); }

}  // namespace

TEST_CASE("Exp of numbers not above zero follows std::exp", "[math]") {
  CHECK(ExpOfNegative(0) == INT32_MAX);
  Random random(12);
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<int32_t>(random.Integer(INT32_MIN, 0));
    // A Taylor series of order four within 1/8 errs by (1/8)^5 / 5! < 2^-21.
    REQUIRE(std::abs(Real(ExpOfNegative(x), 31) - std::exp(Real(x, 26))) < 0x1p-21);
  }
}

TEST_CASE("Exp is monotone over the differences of a softmax", "[math]") {
  int32_t previous = 0;
  for (int32_t x = -(31 << 26); x <= 0; x += 1 << 16) {
    const int32_t y = ExpOfNegative(x);
    REQUIRE(y >= previous - 64);  // pieces of the barrel shifter meet to within 2^-25
    previous = y;
  }
}

TEST_CASE("Reciprocals follow division", "[math]") {
  Random random(13);
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<int32_t>(random.Next() >> random.Integer(33, 63)) | 1;
    const Reciprocal reciprocal = ReciprocalOf(x, 31);
    // An integer x is x / 2^0 with 31 integer bits; bits_over_one counts its powers of two.
    REQUIRE(reciprocal.bits_over_one == std::ilogb(static_cast<double>(x)));
    const double real = std::ldexp(Real(reciprocal.mantissa, 31), -reciprocal.bits_over_one);
    REQUIRE(real * x == Approx(1).margin(0x1p-26));
  }
  CHECK(Real(ReciprocalOfOnePlus(INT32_MAX), 31) == Approx(0.5).margin(0x1p-26));
}

TEST_CASE("Inverse square roots follow std::sqrt", "[math]") {
  Random random(14);
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<int32_t>(random.Next() >> random.Integer(33, 62)) + 2;
    const FixedMultiplier y = InverseSqrt(x);
    // Five Newton steps from 1: the worst start, 1/4, is still 2^-7 off; most are far closer.
    REQUIRE(std::ldexp(y.m, y.shift - 31) * std::sqrt(x) == Approx(1).margin(0x1p-6));
  }
  CHECK(InverseSqrt(0) == InverseSqrt(1));
}

TEST_CASE("Logarithms of numbers from one follow std::log", "[math]") {
  Random random(15);
  CHECK(std::abs(Real(LogOfAtLeastOne(1 << 19), 26)) < 0x1p-18);
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<int32_t>((random.Next() >> random.Integer(33, 44)) | (1 << 19));
    REQUIRE(Real(LogOfAtLeastOne(x), 26) == Approx(std::log(Real(x, 19))).margin(0x1p-18));
  }
}

}  // namespace qconvert
