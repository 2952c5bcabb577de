// ONNX TensorProto -> constant Tensor.
#pragma once

#include <string>

#include "lib/graph/tensor.h"

namespace onnx {
class TensorProto;
}

namespace qconvert {

/// Turns a tensor of the model into a constant; float16, bfloat16 and double become float32. Takes
/// the bytes out of `proto`, so that large weights are never held twice.
///   folder  of the model, where external data may lie
///   Throws Error(kUnusable) when its data do not fit its shape, leave the folder, or hold NaN or
///   (but for -inf, and for a lone one) infinity; Error(kUnsupported) for types without a TFLite
///   form.
Tensor ReadInitializer(onnx::TensorProto& proto, const std::string& folder);

}  // namespace qconvert
