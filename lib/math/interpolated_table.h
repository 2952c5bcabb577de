// Functions of int16 numbers by interpolation between the entries of a table, bit for bit LiteRT's.
// Before it: the parameters of an operator's input and output. After it: the int16 reference
// kernels of lib/ops.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// A function at q = -32768, -32640, ..., 32768. Between them it is a line.
using Int16Table = std::array<int16_t, 513>;

/// Tabulates a real function between two quantized tensors. Each entry is off by half of the error
/// that the line would have in its middle.
///   LiteRT's kernels/internal/common.h, LUTPopulateInt16: its arithmetic is in Real, float or
///   double
template <typename Real>
Int16Table InterpolatedTableOf(const std::function<Real(Real)>& function, Real input_scale,
                               int32_t input_zero_point, Real output_scale);

/// Returns the function's value for q.
int16_t Interpolate(const Int16Table& table, int16_t q);

/// The operands' scales that LiteRT's arithmetic of LOGISTIC and TANH takes: it leaves an int32
/// from the largest on, and has no multiplier below the least.
inline constexpr float kLargestSigmoidScale = 4, kLeastSigmoidScale = 0x1p-40F;

/// LOGISTIC or TANH of int16 numbers; the result's scale is 1/32768.
///   kernels/internal/reference/integer_ops, Logistic and Tanh, by one table of the logistic
///   function
class Int16Sigmoid {
 public:
  enum Function : uint8_t { kLogistic, kTanh };

  /// Throws Error(kUnusable) when LiteRT does not take the scale.
  Int16Sigmoid(Function function, float input_scale);

  /// Returns the function's value for q.
  int16_t operator()(int16_t q) const { return function_ == kTanh ? Tanh(q) : Logistic(q); }

 private:
  int32_t Rescaled(int16_t q) const;
  int16_t Logistic(int16_t q) const;
  int16_t Tanh(int16_t q) const;

  Function function_;
  int32_t multiplier_ = 3;
  int right_shift_ = 0;
};

}  // namespace qconvert
