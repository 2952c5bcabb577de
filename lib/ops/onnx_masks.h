// ONNX's operators that are a choice by place: masks that are known, or comparisons of indices with
// the places along an axis.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadTrilu(OnnxNode& onnx);
void ReadEyeLike(OnnxNode& onnx);
void ReadOneHot(OnnxNode& onnx);
void ReadHardmax(OnnxNode& onnx);
void ReadCenterCropPad(OnnxNode& onnx);

}  // namespace qconvert
