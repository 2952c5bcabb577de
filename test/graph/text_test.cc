#include "lib/graph/text.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TEST_CASE("A graph is written line by line", "[graph]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 8, 8, 3});
  const TensorId w = b.Random("w", {4, 3, 3, 3}), bias = b.Constant<float>("b", {4}, {1, 2, 3, 0});
  const Conv2D conv{{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1},
                    Activation::kRelu6};
  const TensorId y = b.Emit(conv, {x, w, bias}, "y");
  b.Output(b.Emit(Mean{{1, 2}, true}, {y}, "m"));
  CHECK(ToText(b.Build()) ==
        "input x: float32[1x8x8x3]\n"
        "constant w: float32[4x3x3x3]\n"
        "constant b: float32[4] = 1, 2, 3, 0\n"
        "y: float32[1x4x4x4] = Conv2D(x, w, b) {stride 2x2, pad 1,1,0,0, relu6}\n"
        "m: float32[1x1x1x4] = Mean(y) {axes [1,2], keep_dims}\n"
        "output m\n");
}

TEST_CASE("Attributes are written by name, pairs of height and width as one", "[graph]") {
  const auto text_of = [](const Operator& op, const Shape& shape) {
    GraphBuilder b;
    b.Output(b.Emit(op, {b.Input("x", shape)}, "y"));
    const Graph graph = b.Build();
    const std::string text = ToText(graph, graph.nodes().front());
    return text.substr(text.find(')') + 1);
  };
  CHECK(text_of(MaxPool2D{3, 5, {.stride_w = 2}, Activation::kRelu}, {1, 8, 8, 3}) ==
        " {filter 3x5, stride 1x2, relu}");
  CHECK(text_of(ResizeBilinear{6, 8, true, false}, {1, 3, 4, 2}) == " {output 6x8, align_corners}");
  CHECK(text_of(Cast{ElementType::kInt32}, {2}) == " {to int32}");
  CHECK(text_of(LeakyRelu{0.25F}, {2}) == " {alpha 0.25}");
  CHECK(text_of(Reshape{{3, 2}}, {6}) == " {shape [3,2]}");
  CHECK(text_of(Relu{}, {2}) == "");
}

TEST_CASE("Quantization is written behind the type", "[graph]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2}, ElementType::kInt8, PerLayer(0.5F, -3));
  b.Output(b.Emit(Relu{}, {x}, "y", ElementType::kInt8, PerLayer(0.25F, 0)));
  CHECK(ToText(b.Build()) ==
        "input x: int8[2] scale 0.5 zero -3\n"
        "y: int8[2] scale 0.25 zero 0 = Relu(x)\n"
        "output y\n");
  GraphBuilder own;
  own.Output(own.Emit(QuantizeLinear{.quant = PerLayer(0.5F, 3)}, {own.Input("x", {2})}, "y"));
  const Graph graph = own.Build();
  CHECK(ToText(graph, graph.nodes().front()) ==
        "y: int8[2] = QuantizeLinear(x) {scale 0.5 zero 3, lowest -128, highest 127, to int8}");
}

TEST_CASE("Absent operands and several results are written", "[graph]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  b.Output(b.EmitSeveral(Split{1, {1, 3}}, {x}, 2)[1]);
  b.Output(b.Emit(FullyConnected{}, {x, b.Random("w", {2, 4}), kNoTensor}, "y"));
  const Graph graph = b.Build();
  CHECK(ToText(graph, graph.nodes().front()) ==
        "Split: float32[1x1], Split_1: float32[1x3] = Split(x) {axis 1, sizes [1,3]}");
  CHECK(ToText(graph, graph.nodes().back()) == "y: float32[1x2] = FullyConnected(x, w, -)");
}

}  // namespace
}  // namespace qconvert
