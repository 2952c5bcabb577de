#include "lib/math/fixed_point_functions.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace qconvert {
namespace {

constexpr int32_t kOne = std::numeric_limits<int32_t>::max();  // Q0.31

int LeadingZeros(int32_t x) { return std::countl_zero(static_cast<uint32_t>(x)); }

// (a + b) / 2, half away from zero.
int32_t HalfSum(int32_t a, int32_t b) {
  const int64_t sum = int64_t{a} + b;
  return static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

int32_t SaturatingAdd(int32_t a, int64_t b) {
  return static_cast<int32_t>(
      std::clamp<int64_t>(a + b, std::numeric_limits<int32_t>::min(), kOne));
}

// exp(x) for x (Q0.31) in [-1/4, 0): Taylor's series of order four around -1/8.
int32_t ExpNearEighth(int32_t x) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t d = x + (1 << 28);
  const int32_t d2 = RoundingHighMul(d, d);
  const int32_t d3 = RoundingHighMul(d2, d);
  const int32_t d4_quarter = RoundingShiftRight(RoundingHighMul(d2, d2), 2);
  const int32_t tail = RoundingShiftRight(RoundingHighMul(d4_quarter + d3, kThird) + d2, 1);
  return kExpOfMinusEighth + RoundingHighMul(kExpOfMinusEighth, d + tail);
}

// Newton's iteration for 2 / (1 + x), x in [0, 1] (Q0.31); the result is Q2.29.
int32_t TwiceReciprocalOfOnePlus(int32_t x) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2.29
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2.29
  constexpr int32_t kOneQ2 = 1 << 29;
  const int32_t half_denominator = HalfSum(x, kOne);
  int32_t y = k48Over17 + RoundingHighMul(half_denominator, kMinus32Over17);
  for (int i = 0; i < 3; ++i) {
    const int32_t error = kOneQ2 - RoundingHighMul(half_denominator, y);
    y += SaturatingShiftLeft(RoundingHighMul(y, error), 2);
  }
  return y;
}

}  // namespace

int32_t ExpOfNegative(int32_t x) {
  if (x == 0) return kOne;
  constexpr int32_t kQuarter = 1 << 24;
  // exp(-1/4), exp(-1/2), exp(-1), ... exp(-16), in Q0.31
  constexpr std::array<int32_t, 7> kExps = {1672461947, 1302514674, 790015084, 290630308,
                                            39332535,   720401,     242};
  const int32_t near = (x & (kQuarter - 1)) - kQuarter;  // in [-1/4, 0)
  const int32_t rest = static_cast<int32_t>(int64_t{near} - x);
  int32_t result = ExpNearEighth(near * 32);
  for (size_t i = 0; i < kExps.size(); ++i) {
    if ((rest & (kQuarter << i)) != 0) result = RoundingHighMul(result, kExps[i]);
  }
  return result;
}

int32_t ReciprocalOfOnePlus(int32_t x) {
  return SaturatingShiftLeft(TwiceReciprocalOfOnePlus(x), 1);
}

Reciprocal ReciprocalOf(int32_t x, int integer_bits) {
  const int zeros = LeadingZeros(x);
  const auto above_one = static_cast<int32_t>((static_cast<uint32_t>(x) << zeros) - (1U << 31));
  return {ReciprocalOfOnePlus(above_one), integer_bits - zeros};
}

FixedMultiplier InverseSqrt(int32_t x) {
  if (x <= 1) return {kOne, 0};
  int right_shift = 11;
  for (; x >= 1 << 29; x /= 4) ++right_shift;
  const int pairs = (LeadingZeros(x) - 1) / 2 - 1;  // x goes to [2^27, 2^29)
  right_shift -= pairs;
  x <<= 2 * pairs;

  constexpr int32_t kThreeHalves = (1 << 28) + (1 << 27);  // Q3.28
  constexpr int32_t kHalfSqrt2 = 1518500250;               // Q0.31
  const int32_t half_x = RoundingShiftRight(x >> 1, 1);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const int32_t y3 = SaturatingShiftLeft(RoundingHighMul(RoundingHighMul(y, y), y), 6);
    y = SaturatingShiftLeft(RoundingHighMul(kThreeHalves, y) - RoundingHighMul(half_x, y3), 3);
  }
  y = RoundingHighMul(y, kHalfSqrt2);
  if (right_shift < 0) return {static_cast<int32_t>(static_cast<uint32_t>(y) << -right_shift), 0};
  return {y, -right_shift};
}

int32_t LogOfAtLeastOne(int32_t x) {
  constexpr int kInputBits = 12;
  constexpr int kFraction = 25;  // the sum below is Q6.25
  constexpr int32_t kLog2 = 1488522236;
  constexpr int32_t kSqrtHalf = 1518500250;
  constexpr int32_t kFourthRootHalf = 1805811301;
  constexpr int32_t kQuarter = 1 << (kFraction - 2);

  // x = 2^power r, with r near the fourth root of a half, found from x and from x sqrt(1/2).
  const int zeros = LeadingZeros(x);
  const int32_t scaled = RoundingHighMul(SaturatingShiftLeft(x, zeros - 1), kSqrtHalf);
  const int32_t r_a = SaturatingShiftLeft(scaled, 1);
  const int32_t power_a =
      SaturatingAdd(SaturatingShiftLeft(kInputBits - zeros, kFraction), kQuarter);
  const int headroom = LeadingZeros(RoundingHighMul(x, kSqrtHalf)) - 1;
  const int32_t r_b = SaturatingShiftLeft(x, headroom);
  const int32_t power_b =
      SaturatingAdd(SaturatingShiftLeft(kInputBits - headroom, kFraction), -int64_t{kQuarter});
  const int32_t r = std::min(r_a, r_b);
  const int32_t power = std::max(power_a, power_b);

  // log(r 2^(1/4)) by a rational function of q = 2 (r - 2^(-1/4)).
  constexpr int32_t kAlphaN = 117049297;   // 11/240 2^(1/4)
  constexpr int32_t kAlphaD = 127690142;   // 1/20 2^(1/4)
  constexpr int32_t kAlphaI = 1057819769;  // 2 / 2^(1/4) - 2^(1/4)
  constexpr int32_t kAlphaF = 638450708;   // 1/4 2^(1/4)
  const int32_t p = HalfSum(r, kFourthRootHalf);
  const int32_t q = 2 * (r - kFourthRootHalf);
  const int32_t q2 = RoundingHighMul(q, q);
  const int32_t numerator =
      RoundingHighMul(q, r) + RoundingHighMul(RoundingHighMul(q, q2), kAlphaN);
  const int32_t denominator =
      RoundingHighMul(p, kAlphaI + q + RoundingHighMul(kAlphaD, q2)) + RoundingHighMul(kAlphaF, q);
  const int32_t log_r =
      RoundingHighMul(RoundingShiftRight(numerator, 6), ReciprocalOfOnePlus(denominator));
  return SaturatingShiftLeft(RoundingHighMul(power, kLog2) + log_r, 1);
}

}  // namespace qconvert
