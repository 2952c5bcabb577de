#include "lib/ops/division.h"

#include <algorithm>
#include <bit>

#include "lib/math/fixed_point_functions.h"

namespace qconvert {
namespace {

int RedundantSignBits(int32_t x) {
  return std::countl_zero(static_cast<uint32_t>(x < 0 ? ~x : x)) - 1;
}

}  // namespace

int32_t DivideFixed(int32_t a, int32_t b, FixedMultiplier by) {
  if (b < 0) return DivideFixed(-a, -b, by);
  const Reciprocal inverse = ReciprocalOf(std::max(b, 1), 31);
  const int headroom = RedundantSignBits(a);
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(a) << headroom);
  const int32_t quotient = RoundingHighMul(shifted, inverse.mantissa);
  const int shift = by.shift - inverse.bits_over_one - headroom;
  return Multiply(quotient, {by.m, std::min(shift, 31)});
}

}  // namespace qconvert
