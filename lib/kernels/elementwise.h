// Fast kernels of element-by-element operators, in Highway with run-time dispatch. The records in
// arithmetic.cc, binary.cc, relu.cc, sigmoid.cc, unary.cc, hard_swish.cc and cast.cc name them.
#pragma once

#include <cstdint>
#include <limits>

#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"

namespace qconvert {

/// What a loop computes of float32 elements a and b, or of a alone. Named after the operators;
/// kLinear is alpha a + beta.
enum class FloatLoop : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMaximum,
  kMinimum,
  kSquaredDifference,
  kPRelu,
  kIdentity,
  kLeakyRelu,
  kLinear,
  kHardSwish,
  kLogistic,
  kTanh,
  kElu,
  kGelu,
  kGeluByTanh,
  kExp,
  kSqrt,
  kRsqrt,
  kAbs,
  kNeg,
  kSquare,
  kFloor,
  kCeil,
  kRound
};

/// A loop with its numbers.
struct FloatFunction {
  FloatLoop loop;
  Range clamp = {-std::numeric_limits<float>::infinity(),
                 std::numeric_limits<float>::infinity()};  ///< of the result
  float alpha = 0, beta = 0;                               ///< of kLeakyRelu and kLinear
};

/// Prepares a float32 kernel; null when an operand is of another type.
///   Exponentials are within 4 units in the last place, Gelu is within 2^-21 |x|; all else equals
///   `evaluate`.
std::unique_ptr<Kernel> PrepareFloatRows(const PrepareContext& context,
                                         const FloatFunction& function);

/// What a loop computes of int8 elements a and b. Named after the operators.
enum class Int8Loop : uint8_t { kAdd, kSub, kMul, kSquaredDifference, kPRelu, kMaximum, kMinimum };

/// Prepares an int8 kernel, ended by the node's fused activation; null when a tensor is of another
/// type or has several scales.
///   Rescales in float32: within one step of reference_int8; kMaximum and kMinimum equal it.
std::unique_ptr<Kernel> PrepareInt8Rows(const PrepareContext& context, Int8Loop loop);

/// Prepares float32 -> int8, equal to reference_int8 except that NaN is not looked for; null for
/// other types or several scales.
std::unique_ptr<Kernel> PrepareQuantize(const PrepareContext& context);

/// Prepares int8 -> float32, equal to reference_int8; null for other types or several scales.
std::unique_ptr<Kernel> PrepareDequantize(const PrepareContext& context);

}  // namespace qconvert
