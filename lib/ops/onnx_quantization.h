// ONNX's Cast, CastLike, QuantizeLinear and DequantizeLinear, read into CAST, QUANTIZE and
// DEQUANTIZE.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

/// Reads a Cast. All reals are float32 here.
void ReadCast(OnnxNode& onnx);
void ReadCastLike(OnnxNode& onnx);

/// Reads a QuantizeLinear with constant parameters. uint8 becomes int8: the same numbers less 128.
///   Throws Error(kUnsupported) for blocks and types that TFLite does not have.
void ReadQuantizeLinear(OnnxNode& onnx);

/// Reads a DequantizeLinear. Of a tensor without parameters, such as a model input, it becomes the
/// arithmetic it stands for.
///   Throws as above.
void ReadDequantizeLinear(OnnxNode& onnx);

}  // namespace qconvert
