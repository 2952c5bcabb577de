// ONNX's Cast, CastLike, QuantizeLinear and DequantizeLinear: how the importer reads them.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

/// Returns the type that stands for one of ONNX's, a number of onnx.TensorProto.DataType.
///   Throws Error(kUnsupported) when there is none.
ElementType TypeOf(const OnnxNode& onnx, int64_t type);

/// Reads a Cast. All reals are float32 here.
void ReadCast(OnnxNode& onnx);
void ReadCastLike(OnnxNode& onnx);

/// Reads a QuantizeLinear with constant parameters to int8, uint8, int16 or uint16 (as int32).
///   Throws Error(kUnsupported) for blocks, computed parameters and other types; Error(kUnusable)
///   for parameters that do not fit the operand.
void ReadQuantizeLinear(OnnxNode& onnx);

/// Reads a DequantizeLinear with constant parameters of one of these types or of int32.
///   Throws as above.
void ReadDequantizeLinear(OnnxNode& onnx);

}  // namespace qconvert
