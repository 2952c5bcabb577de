// ONNX's Einsum, read into transpositions, sums and matrix products.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadEinsum(OnnxNode& onnx);

}  // namespace qconvert
