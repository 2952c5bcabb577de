// ONNX's operators that pick elements by their indices, read into GATHER of rows: TFLite's
// GATHER_ND and SCATTER_ND know neither negative indices nor what is left as it is.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadGatherElements(OnnxNode& onnx);
void ReadGatherNd(OnnxNode& onnx);
void ReadScatterElements(OnnxNode& onnx);
void ReadScatterNd(OnnxNode& onnx);
void ReadCompress(OnnxNode& onnx);
void ReadReverseSequence(OnnxNode& onnx);

}  // namespace qconvert
