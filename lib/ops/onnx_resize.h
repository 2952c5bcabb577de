// ONNX's Resize and Upsample: a resize of TFLite's where that picks the same pixels, else a GATHER
// or a product with a constant matrix along each axis.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadResize(OnnxNode& onnx);

}  // namespace qconvert
