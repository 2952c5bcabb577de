// ONNX's normalisations that TFLite has no operator for, read into the sums, products and roots
// they stand for.
#pragma once

#include <vector>

#include "lib/ops/onnx_node.h"

namespace qconvert {

/// Emits (x - mean) / sqrt(variance + epsilon) over `axes`.
TensorId EmitNormalized(OnnxNode& onnx, TensorId x, const std::vector<int>& axes, float epsilon);
/// Emits x / sqrt(mean of squares + epsilon) over `axes`.
TensorId EmitRmsNormalized(OnnxNode& onnx, TensorId x, const std::vector<int>& axes, float epsilon);

void ReadLayerNormalization(OnnxNode& onnx);
void ReadRmsNormalization(OnnxNode& onnx);
void ReadInstanceNormalization(OnnxNode& onnx);
void ReadGroupNormalization(OnnxNode& onnx);
void ReadMeanVarianceNormalization(OnnxNode& onnx);
void ReadLpNormalization(OnnxNode& onnx);

}  // namespace qconvert
