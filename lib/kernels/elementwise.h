// Fast kernels of element-by-element operators, in Highway with run-time dispatch. The records in
// arithmetic.cc, binary.cc, relu.cc, sigmoid.cc, unary.cc, hard_swish.cc and cast.cc name them.
#pragma once

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Prepares a float32 kernel; null when an operand is of another type.
///   Exponentials are within 4 units in the last place, Gelu is within 2^-21 |x|; all else equals
///   `evaluate`.
std::unique_ptr<Kernel> PrepareFloatRows(const PrepareContext& context);

/// Prepares an int8 kernel for Add, Sub, Mul, SquaredDifference, PRelu, Maximum or Minimum; null
/// when a tensor is of another type or has several scales.
///   Rescales in float32: within one step of reference_int8; Maximum and Minimum equal it.
std::unique_ptr<Kernel> PrepareInt8Rows(const PrepareContext& context);

/// Prepares float32 -> int8, equal to reference_int8 except that NaN is not looked for; null for
/// other types or several scales.
std::unique_ptr<Kernel> PrepareQuantize(const PrepareContext& context);

/// Prepares int8 -> float32, equal to reference_int8; null for other types or several scales.
std::unique_ptr<Kernel> PrepareDequantize(const PrepareContext& context);

}  // namespace qconvert
