#include "lib/math/float16.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lib/base/check.h"

namespace qconvert {
namespace {

constexpr uint32_t kSign = 0x80000000U;
constexpr uint32_t kInfinity16 = 0x7C00;

}  // namespace

uint16_t ToFloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits & kSign) >> 16;
  const float magnitude = std::abs(value);
  uint32_t half = 0;
  if (std::isnan(value)) {
    half = kInfinity16 | 0x200;
  } else if (magnitude >= 65520.0F) {  // halfway to what the next exponent would start with
    half = kInfinity16;
  } else if (magnitude < 0x1p-14F) {
    // Adding 1/2 puts a subnormal half's last bit on a float's last bit, where the CPU rounds.
    half = std::bit_cast<uint32_t>(magnitude + 0.5F) - std::bit_cast<uint32_t>(0.5F);
  } else {
    const uint32_t rebiased = (bits & ~kSign) - (uint32_t{127 - 15} << 23);
    half = (rebiased + 0xFFF + (rebiased >> 13 & 1)) >> 13;
  }
  return static_cast<uint16_t>(sign | half);
}

float FromFloat16(uint16_t bits) {
  const uint32_t sign = (bits & 0x8000U) << 16;
  const uint32_t exponent = bits >> 10 & 0x1F;
  const uint32_t fraction = bits & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

void WeightsToFloat16(std::span<const float> values, std::span<uint16_t> halves) {
  Check(values.size() == halves.size(), "WeightsToFloat16: sizes differ");
  std::transform(values.begin(), values.end(), halves.begin(), [](float value) {
    const uint16_t half = ToFloat16(value);
    if ((half & kInfinity16) == kInfinity16) {
      Fail(ErrorKind::kUnusable, "a weight is not finite as float16");
    }
    return half;
  });
}

}  // namespace qconvert
