// SOFTMAX of int8 and int16 rows and LOG_SOFTMAX of int8 ones in integer arithmetic, bit for bit
// LiteRT's reference kernels. Before it: the input's scale. After it: the reference kernels of
// lib/ops.
#pragma once

#include <cstdint>
#include <span>

#include "lib/math/fixed_point.h"
#include "lib/math/interpolated_table.h"

namespace qconvert {

/// How differences to a row's maximum become numbers in Q5.26.
struct SoftmaxScaling {
  FixedMultiplier multiplier;
  int32_t smallest_difference = 0;  ///< below it, exp is taken for 0
  FixedMultiplier back;             ///< from Q5.26 to steps; LOG_SOFTMAX only
};

/// Prepares the rows of a tensor.
///   Throws Error(kUnusable) when input_scale x beta is 2^-26 or less: too fine for Q5.26.
SoftmaxScaling PrepareSoftmax(float input_scale, float beta);

/// Computes one row of SOFTMAX; the result's parameters are scale 1/256, zero point -128.
void SoftmaxRow(const SoftmaxScaling& scaling, std::span<const int8_t> input,
                std::span<int8_t> output);

/// Computes one row of LOG_SOFTMAX; the result's parameters are scale 1/16, zero point 127.
void LogSoftmaxRow(const SoftmaxScaling& scaling, std::span<const int8_t> input,
                   std::span<int8_t> output);

/// SOFTMAX of int16 rows, by interpolated tables of exp on [-10, 0] and of 1 / (1 + x) on [0, 1];
/// the result's scale is 1/32768.
class WideSoftmax {
 public:
  WideSoftmax(float input_scale, float beta);

  /// Returns by how much a difference to a row's maximum is multiplied; -65535 then means -10.
  static double Ratio(float input_scale, float beta);

  /// Computes one row.
  void Row(std::span<const int16_t> input, std::span<int16_t> output) const;

 private:
  FixedMultiplier multiplier_;
  Int16Table exp_, reciprocal_;
};

}  // namespace qconvert
