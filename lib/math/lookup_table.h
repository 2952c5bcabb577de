// Tables of the 256 values of an int8 function. Before it: the parameters of an operator's input
// and output. After it: the reference and the fast kernels of activations, which look up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// The result for q is at index q + 128.
using Int8Table = std::array<int8_t, 256>;

/// Tabulates a real function between two quantized tensors, in LiteRT's float arithmetic: LOGISTIC,
/// TANH, ELU, GELU, EXP, LOG.
Int8Table TableOf(const std::function<float(float)>& function, AffineParams input,
                  AffineParams output);

/// Tabulates a function of the quantized number.
Int8Table TableOfSteps(const std::function<int32_t(int32_t)>& function);

/// Replaces every number by its entry.
void LookUp(const Int8Table& table, std::span<const int8_t> input, std::span<int8_t> output);

/// The float functions that LiteRT tabulates, to the last bit.
float LogisticOf(float x);
float EluOf(float x);
float GeluOf(float x);
float GeluByTanh(float x);

/// Tabulates HARD_SWISH, x relu6(x + 3) / 6, in LiteRT's 16-bit fixed-point arithmetic.
///   Throws Error(kUnusable) when the output's scale is below 1/128 of the input's.
Int8Table TableOfHardSwish(AffineParams input, AffineParams output);

}  // namespace qconvert
