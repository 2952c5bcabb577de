#include "lib/math/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kMin = std::numeric_limits<int32_t>::min();

}  // namespace

FixedMultiplier QuantizeMultiplier(double real) {
  if (!std::isfinite(real)) Fail(ErrorKind::kUnusable, "a ratio of scales is not finite");
  int shift = 0;
  int64_t m = std::llround(std::frexp(real, &shift) * 0x1p31);
  if (m == int64_t{1} << 31) {
    m /= 2;
    ++shift;
  }
  if (m == 0 || shift < -31) return {};
  if (shift > 31) Fail(ErrorKind::kUnusable, "a ratio of scales is 2^31 or more");
  return {static_cast<int32_t>(m), shift};
}

int32_t RoundingHighMul(int32_t a, int32_t b) {
  if (a == kMin && b == kMin) return kMax;
  const int64_t product = int64_t{a} * b;
  const int64_t half = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + half) / (int64_t{1} << 31));
}

int16_t RoundingHighMul(int16_t a, int16_t b) {
  if (a == std::numeric_limits<int16_t>::min() && b == a)
    return std::numeric_limits<int16_t>::max();
  const int32_t product = int32_t{a} * b;
  const int32_t half = product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return static_cast<int16_t>((product + half) / (1 << 15));
}

int32_t RoundingShiftRight(int32_t x, int exponent) {
  if (exponent > 31) return 0;
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

int32_t SaturatingShiftLeft(int32_t x, int exponent) {
  const int64_t shifted = int64_t{x} * (int64_t{1} << exponent);
  return static_cast<int32_t>(std::clamp<int64_t>(shifted, kMin, kMax));
}

int32_t Multiply(int32_t x, FixedMultiplier by) {
  const auto shifted = static_cast<int32_t>(static_cast<uint32_t>(x) << std::max(by.shift, 0));
  return RoundingShiftRight(RoundingHighMul(shifted, by.m), std::max(-by.shift, 0));
}

int32_t MultiplyWide(int64_t x, FixedMultiplier by) {
  const int64_t m = by.m < 0x7FFF0000 ? (by.m + (1 << 15)) >> 16 : 0x7FFF;
  const int right = 15 - std::min(by.shift, 14);
  return static_cast<int32_t>((x * m + (int64_t{1} << (right - 1))) >> right);
}

}  // namespace qconvert
