#include "lib/math/lookup_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qconvert {

Int8Table TableOf(const std::function<float(float)>& function, AffineParams input,
                  AffineParams output) {
  const float inverse_scale = 1.0F / output.scale;
  return TableOfSteps([&](int32_t q) {
    const float real = input.scale * static_cast<float>(q - input.zero_point);
    const float steps =
        std::round(function(real) * inverse_scale) + static_cast<float>(output.zero_point);
    return static_cast<int32_t>(std::clamp(steps, -128.0F, 127.0F));
  });
}

Int8Table TableOfSteps(const std::function<int32_t(int32_t)>& function) {
  Int8Table table;
  for (int32_t q = -128; q <= 127; ++q) {
    table[static_cast<size_t>(q + 128)] = static_cast<int8_t>(std::clamp(function(q), -128, 127));
  }
  return table;
}

void LookUp(const Int8Table& table, std::span<const int8_t> input, std::span<int8_t> output) {
  std::transform(input.begin(), input.end(), output.begin(),
                 [&](int8_t q) { return table[static_cast<size_t>(q + 128)]; });
}

float LogisticOf(float x) { return 1.0F / (1.0F + std::exp(-x)); }

float EluOf(float x) { return x < 0.0F ? std::expm1(x) : x; }

float GeluOf(float x) {
  constexpr float kMinusSqrtHalf = static_cast<float>(-std::numbers::sqrt2 / 2);
  return 0.5F * x * std::erfc(x * kMinusSqrtHalf);
}

float GeluByTanh(float x) {
  constexpr float kSqrtTwoOverPi =
      static_cast<float>(2 * std::numbers::inv_sqrtpi * (std::numbers::sqrt2 / 2));
  return 0.5F * x * (1.0F + std::tanh(kSqrtTwoOverPi * (x + 0.044715F * x * x * x)));
}

}  // namespace qconvert
