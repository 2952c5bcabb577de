// Functions of fixed-point numbers, in integer arithmetic: what SOFTMAX, LOG_SOFTMAX, DIV,
// L2_NORMALIZATION and RSQRT are made of. Bit for bit gemmlowp's, which LiteRT's reference kernels
// use. Qn.m below is a 32-bit number with n integer and m fractional bits.
#pragma once

#include <cstdint>

#include "lib/math/fixed_point.h"

namespace qconvert {

/// Returns exp(x).
///   x       Q5.26, not above 0
///   result  Q0.31; 1 is 2^31 - 1
int32_t ExpOfNegative(int32_t x);

/// Returns 1 / (1 + x).
///   x, result  Q0.31, in [0, 1]
int32_t ReciprocalOfOnePlus(int32_t x);

/// The reciprocal of a number: mantissa (Q0.31) / 2^bits_over_one.
struct Reciprocal {
  int32_t mantissa = 0;
  int bits_over_one = 0;  ///< of the number: it lies in [2^bits, 2^(bits + 1))
};

/// Returns 1 / x.
///   x             above 0, with `integer_bits` bits left of the binary point
Reciprocal ReciprocalOf(int32_t x, int integer_bits);

/// Returns 1 / sqrt(x) as a multiplier for Multiply; 0 is taken for 1.
///   x  an integer, not below 0
FixedMultiplier InverseSqrt(int32_t x);

/// Returns log(x).
///   x       Q12.19, at least 1
///   result  Q5.26
int32_t LogOfAtLeastOne(int32_t x);

}  // namespace qconvert
