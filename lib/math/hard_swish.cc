#include <algorithm>
#include <limits>

#include "lib/base/error.h"
#include "lib/math/fixed_point.h"
#include "lib/math/lookup_table.h"

namespace qconvert {
namespace {

// A multiplier m / 2^15 * 2^exponent.
struct Multiplier16 {
  int16_t m;
  int exponent;
};

int16_t Saturate16(int32_t x) {
  constexpr int32_t kMin = std::numeric_limits<int16_t>::min();
  constexpr int32_t kMax = std::numeric_limits<int16_t>::max();
  return static_cast<int16_t>(std::clamp(x, kMin, kMax));
}

Multiplier16 QuantizeMultiplier16(float real) {
  const FixedMultiplier wide = QuantizeMultiplier(real);
  const int64_t rounded = (int64_t{wide.m} + (1 << 15)) >> 16;
  return {Saturate16(static_cast<int32_t>(rounded)), wide.shift};
}

int16_t ShiftLeft16(int16_t x, int exponent) {
  const int64_t shifted = int64_t{x} * (int64_t{1} << exponent);
  return static_cast<int16_t>(std::clamp<int64_t>(shifted, std::numeric_limits<int16_t>::min(),
                                                  std::numeric_limits<int16_t>::max()));
}

// (x + 3) / 6 clamped to [0, 1], as 15 fractional bits: x is rescaled to 3 / 2^15 a step, where
// saturation to 16 bits is the clamp to [-3, 3].
int16_t ReluishFactor(int16_t x, Multiplier16 by) {
  int16_t y = x;
  if (by.exponent > 0) y = ShiftLeft16(y, by.exponent - 1);
  y = RoundingHighMul(y, by.m);
  if (by.exponent > 0) y = ShiftLeft16(y, 1);
  if (by.exponent < 0) y = static_cast<int16_t>(RoundingShiftRight(y, -by.exponent));
  return static_cast<int16_t>((y + (1 << 15)) >> 1);
}

}  // namespace

Int8Table TableOfHardSwish(AffineParams input, AffineParams output) {
  const float fine_scale = (1.0F / 128.0F) * input.scale;
  const Multiplier16 to_output = QuantizeMultiplier16(fine_scale / output.scale);
  const Multiplier16 to_factor = QuantizeMultiplier16(fine_scale / (3.0F / 32768.0F));
  if (to_output.exponent > 0) {
    Fail(ErrorKind::kUnusable, "HardSwish: output scale is below 1/128 of the input's");
  }
  return TableOfSteps([&](int32_t q) {
    const auto fine = static_cast<int16_t>((q - input.zero_point) * 128);
    const int16_t scaled = RoundingHighMul(fine, to_output.m);
    const int32_t product = int32_t{ReluishFactor(fine, to_factor)} * scaled / (1 << 15);
    return RoundingShiftRight(product, -to_output.exponent) + output.zero_point;
  });
}

}  // namespace qconvert
