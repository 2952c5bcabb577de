// Quantizes constants that are no weights, and rounds weights to float16.
#pragma once

#include "lib/base/error.h"
#include "lib/graph/tensor.h"

namespace qconvert {

/// Quantizes a float32 constant per layer with given parameters.
///   type  int8 or int16
///   Throws Error(kUnusable) when a value is NaN, naming the constant.
Tensor QuantizeConstant(const Tensor& constant, ElementType type, const QuantParams& params);

/// Rounds float32 weights to float16.
///   Throws Error(kUnusable) when one is not finite, or becomes infinite, naming the constant.
Tensor ToFloat16(const Tensor& weights);

/// Calls `function`; an error that it throws names the constant.
template <typename Function>
auto NamingConstant(const Tensor& constant, const Function& function) {
  try {
    return function();
  } catch (const Error& error) {
    throw error.WithContext("constant '" + constant.name + "'");
  }
}

}  // namespace qconvert
