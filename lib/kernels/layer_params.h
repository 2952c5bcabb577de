// The quantization parameters of a layer's tensors, as integer kernels take them, and what follows
// from them: the limits of a result and the ratios that rescale sums.
#pragma once

#include <limits>
#include <vector>

#include "lib/graph/activation.h"
#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Returns whether a tensor is int8 with one scale.
bool IsInt8PerLayer(const Tensor& tensor);

/// The numbers of an activation: int8 or int16.
template <typename T>
inline constexpr IntegerLimits kLimitsOf{std::numeric_limits<T>::min(),
                                         std::numeric_limits<T>::max()};

/// Returns the parameters of an int8 or int16 tensor that has one scale.
///   Throws Error(kUnsupported) when it has several, or another type, Error(kUnusable) when it is
///   int16 and its zero point is not 0.
AffineParams LayerParams(const TensorView& view);

/// Returns what an activation leaves of the numbers of a result.
IntegerLimits ResultLimits(Activation activation, const AffineParams& result,
                           IntegerLimits numbers = kInt8Limits);

/// Returns input scale x weight scale / result scale for each of `outputs`, in double.
///   weights  one scale, or one for each output
std::vector<double> RescalingRatios(float input_scale, const QuantParams& weights,
                                    float result_scale, size_t outputs);

}  // namespace qconvert
