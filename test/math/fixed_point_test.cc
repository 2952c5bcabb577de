#include "lib/math/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

__extension__ using Int128 = __int128;

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

Int128 Saturated(Int128 x) { return x > kMax ? kMax : x < kMin ? kMin : x; }

Int128 FloorDivide(Int128 a, Int128 b) {
  const Int128 quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

// Numbers of every magnitude, and the corners.
int32_t RandomInt32(Random& random) {
  constexpr int32_t kCorners[] = {0, 1, -1, 2, -2, kMax, kMin, kMax - 1, kMin + 1, 1 << 30};
  const int64_t choice = random.Integer(0, 19);
  if (choice < 10) return kCorners[choice];
  return static_cast<int32_t>(static_cast<int64_t>(random.Next()) >> random.Integer(32, 63));
}

// a b / 2^31 to the nearest; a half goes up, at either sign.
Int128 HighMul(int32_t a, int32_t b) {
  const Int128 product = Int128{a} * b;
  return Saturated(FloorDivide(product + (Int128{1} << 30), Int128{1} << 31));
}

// x / 2^exponent to the nearest, halves away from zero.
Int128 ShiftRight(Int128 x, int exponent) {
  const Int128 half = exponent == 0 ? Int128{0} : Int128{1} << (exponent - 1);
  return x >= 0 ? (x + half) / (Int128{1} << exponent) : -((-x + half) / (Int128{1} << exponent));
}

}  // namespace

TEST_CASE("High multiplication and rounding shifts equal a 128-bit reference", "[math]") {
  Random random(7);
  for (int i = 0; i < 200000; ++i) {
    const int32_t a = RandomInt32(random);
    const int32_t b = RandomInt32(random);
    const auto exponent = static_cast<int>(random.Integer(0, 31));
    REQUIRE(RoundingHighMul(a, b) == HighMul(a, b));
    REQUIRE(RoundingShiftRight(a, exponent) == ShiftRight(a, exponent));
    REQUIRE(RoundingShiftRight(a, exponent + 32) == 0);
    REQUIRE(SaturatingShiftLeft(a, exponent) == Saturated(Int128{a} * (Int128{1} << exponent)));
  }
}

TEST_CASE("16-bit high multiplication equals the nearest integer, halves up, saturated", "[math]") {
  for (int32_t a = -32768; a <= 32767; a += 101) {
    for (int32_t b = -32768; b <= 32767; b += 97) {
      const int64_t nearest = std::min<int64_t>((int64_t{a} * b + (1 << 14)) >> 15, 32767);
      REQUIRE(RoundingHighMul(static_cast<int16_t>(a), static_cast<int16_t>(b)) == nearest);
    }
  }
}

TEST_CASE("A multiplier is its real number to 31 bits", "[math]") {
  Random random(8);
  for (int i = 0; i < 20000; ++i) {
    const double real = std::exp2(random.Uniform(-31, 30)) * random.Uniform(1, 2);
    const FixedMultiplier fixed = QuantizeMultiplier(real);
    REQUIRE(fixed.m >= 1 << 30);
    REQUIRE(std::ldexp(fixed.m, fixed.shift - 31) == Approx(real).epsilon(0x1p-31));
    REQUIRE(QuantizeMultiplier(-real) == FixedMultiplier{-fixed.m, fixed.shift});
  }
}

TEST_CASE("Multipliers at the edges", "[math]") {
  CHECK(QuantizeMultiplier(1) == FixedMultiplier{1 << 30, 1});
  CHECK(QuantizeMultiplier(0.5) == FixedMultiplier{1 << 30, 0});
  CHECK(QuantizeMultiplier(std::nextafter(1.0, 0.0)) == FixedMultiplier{1 << 30, 1});
  CHECK(QuantizeMultiplier(0) == FixedMultiplier{});
  CHECK(QuantizeMultiplier(0x1p-32) == FixedMultiplier{1 << 30, -31});
  CHECK(QuantizeMultiplier(0x1p-33) == FixedMultiplier{});
  CHECK_THROWS_AS(QuantizeMultiplier(std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_AS(QuantizeMultiplier(std::nan("")), Error);
  CHECK_THROWS_AS(QuantizeMultiplier(0x1p31), Error);
}

TEST_CASE("Multiplying rounds twice, as a 128-bit reference does", "[math]") {
  Random random(9);
  for (int i = 0; i < 100000; ++i) {
    const FixedMultiplier by = {static_cast<int32_t>(random.Integer(1 << 30, kMax)),
                                static_cast<int>(random.Integer(-31, 8))};
    const int left = std::max(by.shift, 0);
    const int32_t x = RandomInt32(random) >> left;  // so that nothing wraps
    const auto high = static_cast<int32_t>(HighMul(x * (1 << left), by.m));
    REQUIRE(Multiply(x, by) == ShiftRight(high, std::max(-by.shift, 0)));
  }
}

TEST_CASE("Multiplying stays within one of the real product", "[math]") {
  Random random(10);
  for (int i = 0; i < 100000; ++i) {
    const auto x = static_cast<int32_t>(random.Integer(-(1 << 24), 1 << 24));
    const double real = std::exp2(random.Uniform(-30, 5));
    REQUIRE(std::abs(Multiply(x, QuantizeMultiplier(real)) - x * real) <= 1.01);
  }
}

TEST_CASE("The wide product rounds half up with a 15-bit multiplier", "[math]") {
  Random random(11);
  for (int i = 0; i < 100000; ++i) {
    const FixedMultiplier by = {static_cast<int32_t>(random.Integer(1 << 30, kMax)),
                                static_cast<int>(random.Integer(-31, 0))};
    const int64_t x = random.Integer(-(int64_t{1} << 30), int64_t{1} << 30);
    const Int128 reduced = std::min<Int128>(FloorDivide(Int128{by.m} + (1 << 15), 1 << 16), 32767);
    const Int128 unit = Int128{1} << (15 - by.shift);
    REQUIRE(MultiplyWide(x, by) == FloorDivide(x * reduced + unit / 2, unit));
  }
}

}  // namespace qconvert
