// ONNX graph input -> Tensor: its type, and its shape with the dimensions that the model leaves
// open.
#pragma once

#include <vector>

#include "lib/graph/tensor.h"
#include "lib/onnx/import.h"

namespace onnx {
class ValueInfoProto;
}

namespace qconvert {

/// Returns whether a shape must be given for an input: a dimension other than the first, or how
/// many there are, is left open.
bool NeedsShape(const onnx::ValueInfoProto& input, const ImportOptions& options);

/// Throws Error(kUsage) that names inputs whose shapes must be given, with the flags to add.
[[noreturn]] void FailOnOpenShapes(const std::vector<const onnx::ValueInfoProto*>& inputs);

/// Returns whether the model leaves the first dimension of an input open and the options do not say
/// it: the batch.
bool LeavesBatchOpen(const onnx::ValueInfoProto& input, const ImportOptions& options);

/// Makes the tensor of a graph input. A first dimension that the model leaves
/// open is the batch, and 1. A shape in the options replaces the model's, which must have the same
/// rank.
///   Throws Error(kUsage) when it has not or other dimensions are open, Error(kUnsupported) for
///   types without a TFLite form.
Tensor InputTensor(const onnx::ValueInfoProto& input, const ImportOptions& options);

}  // namespace qconvert
