// numpy's product of tensors, for readers of operators that contain one.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

/// Emits numpy's product: a vector counts as a row on the left, as a column on the right. A
/// constant on the right becomes weights.
TensorId EmitProduct(OnnxNode& onnx, TensorId a, TensorId b);

}  // namespace qconvert
