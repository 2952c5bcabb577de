// The quantization parameters of tensors with one scale, as integer kernels take them.
#pragma once

#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Returns whether a tensor is int8 with one scale.
bool IsInt8PerLayer(const Tensor& tensor);

/// Returns the parameters of an int8 tensor that has one scale.
///   Throws Error(kUnsupported) when it has several, or another type.
AffineParams LayerParams(const TensorView& view);

}  // namespace qconvert
