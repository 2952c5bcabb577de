// ONNX's functions of one element, and choices by place or index, that TFLite has no operator for:
// read into arithmetic and choices that it has.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadTan(OnnxNode& onnx);
void ReadAtan(OnnxNode& onnx);
void ReadAsin(OnnxNode& onnx);
void ReadAcos(OnnxNode& onnx);
void ReadSinh(OnnxNode& onnx);
void ReadCosh(OnnxNode& onnx);
void ReadAsinh(OnnxNode& onnx);
void ReadAcosh(OnnxNode& onnx);
void ReadAtanh(OnnxNode& onnx);
void ReadIsNan(OnnxNode& onnx);
void ReadIsInf(OnnxNode& onnx);
void ReadShrink(OnnxNode& onnx);
void ReadThresholdedRelu(OnnxNode& onnx);

}  // namespace qconvert
