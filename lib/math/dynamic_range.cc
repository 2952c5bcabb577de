#include "lib/math/dynamic_range.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/base/vectorize.h"
#include "lib/math/finite_range.h"

namespace qconvert {
namespace {

/// Returns the nearest integer of a number that an int32 holds, halves away from zero.
inline float RoundHalfAway(float x) {
  const auto whole = static_cast<float>(static_cast<int32_t>(x));
  const float fraction = x - whole;  // exact
  return whole + (fraction >= 0.5F ? 1.0F : 0.0F) - (fraction <= -0.5F ? 1.0F : 0.0F);
}

QCONVERT_VECTORIZE void RoundAll(std::span<const float> values, AffineParams params,
                                 std::span<float> rounded) {
  const float inverse = 1.0F / params.scale, zero = static_cast<float>(params.zero_point);
  const auto least = static_cast<float>(kInt8Limits.min),
             most = static_cast<float>(kInt8Limits.max);
  for (size_t i = 0; i < values.size(); ++i) {
    const float steps = RoundHalfAway(zero + values[i] * inverse);
    rounded[i] = (std::min(std::max(steps, least), most) - zero) * params.scale;
  }
}

}  // namespace

AffineParams DynamicParams(Range range) {
  const double low = std::min(range.min, 0.0F), high = std::max(range.max, 0.0F);
  const double least = kInt8Limits.min, most = kInt8Limits.max;
  if (low == high) return {1, 0};
  const double scale = (high - low) / (most - least);
  const double from_low = least - low / scale, from_high = most - high / scale;
  const bool low_errs_less = -least - low / scale < most + high / scale;
  const double zero_point = std::round(low_errs_less ? from_low : from_high);
  return {static_cast<float>(scale), static_cast<int32_t>(std::clamp(zero_point, least, most))};
}

void RoundToOwnRange(std::span<const float> values, std::span<float> rounded) {
  const std::optional<Range> range = FiniteRange(values);
  const AffineParams params = range ? DynamicParams(*range) : AffineParams{0, 0};
  if (std::isnormal(params.scale)) {
    RoundAll(values, params, rounded);
  } else {
    std::copy(values.begin(), values.end(), rounded.begin());
  }
}

}  // namespace qconvert
