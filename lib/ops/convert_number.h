// Conversion between element types that is defined for every value.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

namespace qconvert {

/// Converts as a C++ cast does where that is defined; reals beyond an integer type saturate, NaN
/// becomes 0, and integers wrap around.
template <typename To, typename From>
To ConvertNumber(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> &&
                !std::is_same_v<To, bool>) {
    if (std::isnan(value)) return 0;
    const double lowest = static_cast<double>(std::numeric_limits<To>::min());
    const double beyond = std::ldexp(1.0, std::numeric_limits<To>::digits);
    if (value >= beyond) return std::numeric_limits<To>::max();
    if (value <= lowest) return std::numeric_limits<To>::min();
  }
  return static_cast<To>(value);
}

}  // namespace qconvert
