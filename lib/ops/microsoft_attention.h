// ONNX Runtime's attention operators, read into the parts of attention_parts.h.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

void ReadMicrosoftAttention(OnnxNode& onnx);
void ReadMultiHeadAttention(OnnxNode& onnx);
void ReadMicrosoftRotaryEmbedding(OnnxNode& onnx);
void ReadGroupQueryAttention(OnnxNode& onnx);

}  // namespace qconvert
