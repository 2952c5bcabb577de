// ONNX's Attention and RotaryEmbedding, read into the parts of attention_parts.h.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadAttention(OnnxNode& onnx);
void ReadRotaryEmbedding(OnnxNode& onnx);

}  // namespace qconvert
