// ONNX graph input -> Tensor: its type, and its shape with the dimensions that the model leaves
// open.
#pragma once

#include "lib/graph/tensor.h"
#include "lib/onnx/import.h"

namespace onnx {
class ValueInfoProto;
}

namespace qconvert {

/// Makes the tensor of a graph input. A first dimension that the model leaves open is the batch,
/// and 1; all others must be in options.shapes.
///   Throws Error(kUsage), with the flag to add, when they are not, or do not fit the model's;
///   Error(kUnsupported) for types without a TFLite form.
Tensor InputTensor(const onnx::ValueInfoProto& input, const ImportOptions& options);

}  // namespace qconvert
