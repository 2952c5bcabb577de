// Operators that compute with a quantized model's integers become the float operators that they
// stand for, between DequantizeLinear and QuantizeLinear. Stands between sort_nodes.h and
// import.cc: one form is left for passes/lift_quantization.cc to know.
#pragma once

namespace onnx {
class GraphProto;
}

namespace qconvert {

/// Rewrites the nodes of a sorted graph.
///   QLinearConv, QLinearMatMul, ONNX Runtime's QLinearAdd and its like, QGemm: as said above
///   what moves integers of known parameters (Reshape, MaxPool, ..): moves the reals
///   MatMulInteger, ConvInteger: a float product of integers, exact below 2^24
///   DynamicQuantizeLinear in front of these: left out, so that the product is that of the reals.
///   Elsewhere it becomes the arithmetic that defines it.
/// Other nodes stay, those that cannot be rewritten too.
///   result  how many roundings of activations at run time were left out
int ExpandQuantized(onnx::GraphProto& graph);

}  // namespace qconvert
