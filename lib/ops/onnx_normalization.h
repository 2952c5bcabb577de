// ONNX's normalisations that TFLite has no operator for, read into the sums, products and roots
// they stand for.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadLayerNormalization(OnnxNode& onnx);
void ReadRmsNormalization(OnnxNode& onnx);
void ReadInstanceNormalization(OnnxNode& onnx);
void ReadGroupNormalization(OnnxNode& onnx);
void ReadMeanVarianceNormalization(OnnxNode& onnx);
void ReadLpNormalization(OnnxNode& onnx);

}  // namespace qconvert
