// ONNX TensorProto -> constant Tensor.
#pragma once

#include <span>
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

/// Takes the bytes of external data into the tensor itself; does nothing where it has none.
///   Throws Error as ReadInitializer does.
void EmbedExternal(onnx::TensorProto& proto, const std::string& folder);

/// Gives a tensor other values, rounded to its type, which must be one of floats.
///   Throws Error(kUnusable) when a value is not finite in that type.
void SetFloats(onnx::TensorProto& proto, std::span<const float> values);

}  // namespace qconvert
