// Integer division: of shapes, and of int8 tensors in fixed point.
#pragma once

#include <concepts>
#include <cstdint>

#include "lib/base/error.h"
#include "lib/math/fixed_point.h"

namespace qconvert {

/// Returns a / b truncated towards zero; the most negative number over -1 wraps around.
///   Throws Error(kUnusable) when b is 0.
template <std::signed_integral T>
T DivideTruncating(T a, T b) {
  if (b == 0) Fail(ErrorKind::kUnusable, "integer division by zero");
  return b == -1 ? static_cast<T>(0 - static_cast<uint64_t>(a)) : static_cast<T>(a / b);
}

/// Returns a / b rounded down.
///   Throws as DivideTruncating.
template <std::signed_integral T>
T DivideFlooring(T a, T b) {
  const T quotient = DivideTruncating(a, b);
  const bool inexact = b != -1 && a % b != 0;
  return static_cast<T>(quotient - (inexact && (a < 0) != (b < 0) ? 1 : 0));
}

/// Returns (a / b) times the multiplier in the arithmetic of LiteRT's DIV, where that is defined:
/// for quotients below its shifts' reach it is 0. b = 0 is taken for 1.
///   a, b  steps from the zero point, in [-255, 255]
int32_t DivideFixed(int32_t a, int32_t b, FixedMultiplier by);

}  // namespace qconvert
