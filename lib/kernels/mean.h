// Means over neighbouring axes: what ends a classifier, and squeeze-and-excitation. The records in
// reduce.cc name them.
#pragma once

#include <cstdint>

#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"
#include "lib/math/fixed_point.h"

namespace qconvert {

/// LiteRT's integer mean: the sum of `count` integers becomes one, in fixed-point arithmetic.
///   T  int8_t or int16_t
template <typename T>
class IntegerMean {
 public:
  IntegerMean(AffineParams operand, AffineParams result, int64_t count);

  /// Returns the mean of `count` integers with this sum.
  T operator()(int32_t sum) const;

 private:
  FixedMultiplier multiplier_;
  int32_t operand_zero_;  // of all `count` together
  int32_t result_zero_;
};

/// Prepares a mean over axes that lie together, of float32 or int8; null for others. Equals
/// `reference_int8`, and `evaluate` but for the order of its sums in double.
std::unique_ptr<Kernel> PrepareMean(const PrepareContext& context);

}  // namespace qconvert
