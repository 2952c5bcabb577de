#include "test/support/operator_cases.h"

#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// Collects cases of one node.
class Cases {
 public:
  /// An operator of inputs of these shapes, all of one type.
  void Add(const std::string& label, Operator op, const std::vector<Shape>& shapes,
           ElementType type = ElementType::kFloat32) {
    GraphBuilder b;
    std::vector<TensorId> inputs;
    for (const Shape& shape : shapes) {
      inputs.push_back(b.Input("in" + std::to_string(inputs.size()), shape, type));
    }
    Finish(label, b, std::move(op), std::move(inputs));
  }

  /// An operator of one input, weights and perhaps a bias.
  void AddWeighted(const std::string& label, Operator op, const Shape& input, const Shape& weights,
                   int64_t bias) {
    GraphBuilder b;
    std::vector<TensorId> inputs = {b.Input("in", input), b.Random("w", weights)};
    if (bias > 0) inputs.push_back(b.Random("bias", {bias}));
    Finish(label, b, std::move(op), std::move(inputs));
  }

  void Finish(const std::string& label, GraphBuilder& b, Operator op, std::vector<TensorId> inputs,
              size_t outputs = 1) {
    for (TensorId id : b.EmitSeveral(std::move(op), std::move(inputs), outputs)) b.Output(id);
    cases_.push_back({label, b.Build()});
  }

  void Adopt(const std::string& label, Graph graph) { cases_.push_back({label, std::move(graph)}); }

  std::vector<OperatorCase> Take() { return std::move(cases_); }

 private:
  std::vector<OperatorCase> cases_;
};

void AddWeighted(Cases& cases) {
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  cases.AddWeighted("SAME", Conv2D{same, Activation::kRelu6}, {1, 6, 6, 4}, {5, 3, 3, 4}, 5);
  cases.AddWeighted("VALID", Conv2D{{.stride_h = 2, .stride_w = 3}}, {2, 7, 8, 4}, {5, 3, 2, 4}, 5);
  cases.AddWeighted("dilated", Conv2D{{.dilation_h = 2, .dilation_w = 3}, Activation::kRelu},
                    {1, 9, 9, 2}, {3, 3, 3, 2}, 3);
  cases.AddWeighted("grouped", Conv2D{same, Activation::kReluN1To1}, {1, 6, 6, 4}, {6, 3, 3, 2}, 6);
  // Of SAME's odd padding the larger half comes last.
  const Window strided{.stride_h = 2, .stride_w = 2, .pad_bottom = 1, .pad_right = 1};
  cases.AddWeighted("SAME, strided", DepthwiseConv2D{strided, Activation::kRelu}, {1, 6, 6, 3},
                    {1, 3, 3, 6}, 6);
  cases.AddWeighted("dilated", DepthwiseConv2D{{.dilation_h = 2, .dilation_w = 2}}, {1, 9, 9, 3},
                    {1, 3, 3, 3}, 3);
  const Window doubled{.stride_h = 2, .stride_w = 2};
  cases.AddWeighted("VALID", TransposeConv2D{doubled, 9, 9}, {1, 4, 4, 3}, {5, 3, 3, 3}, 5);
  cases.AddWeighted("no bias", TransposeConv2D{doubled, 8, 8}, {1, 4, 4, 3}, {5, 2, 2, 3}, 0);
  cases.AddWeighted("fused", TransposeConv2D{doubled, 8, 8, Activation::kRelu}, {1, 4, 4, 3},
                    {5, 2, 2, 3}, 5);
  cases.AddWeighted("matrix", FullyConnected{Activation::kRelu}, {3, 8}, {4, 8}, 4);
  cases.AddWeighted("no bias", FullyConnected{}, {3, 8}, {4, 8}, 0);
  cases.AddWeighted("more axes", FullyConnected{}, {2, 3, 8}, {4, 8}, 4);
  cases.Add("plain", BatchMatMul{}, {{2, 3, 4}, {2, 4, 5}});
  cases.Add("transposed", BatchMatMul{true, true}, {{2, 4, 3}, {5, 4}});
}

void AddBinary(Cases& cases) {
  const std::vector<Shape> same = {{2, 3}, {2, 3}}, broadcast = {{2, 3, 4}, {4}};
  cases.Add("same shape", Add{}, same);
  cases.Add("broadcast, fused", Add{Activation::kRelu6}, broadcast);
  cases.Add("int64", Add{}, same, ElementType::kInt64);
  cases.Add("fused", Sub{Activation::kRelu}, same);
  cases.Add("rank 5", Sub{}, {{1, 2, 1, 2, 3}, {3}});
  cases.Add("fused", Mul{Activation::kReluN1To1}, same);
  cases.Add("broadcast", Div{}, broadcast);
  cases.Add("broadcast", Maximum{}, broadcast);
  cases.Add("same shape", Minimum{}, same);
  cases.Add("same shape", SquaredDifference{}, same);
  cases.Add("broadcast", Pow{}, broadcast);
  cases.Add("same shape", FloorDiv{}, same);
  cases.Add("int32", FloorMod{}, same, ElementType::kInt32);
  cases.Add("same shape", Atan2{}, same);
  cases.Add("", Equal{}, same);
  cases.Add("", NotEqual{}, same);
  cases.Add("", Less{}, broadcast);
  cases.Add("", LessEqual{}, same);
  cases.Add("", Greater{}, same);
  cases.Add("", GreaterEqual{}, same);
  cases.Add("", LogicalAnd{}, same, ElementType::kBool);
  cases.Add("", LogicalOr{}, same, ElementType::kBool);
  cases.Add("", LogicalNot{}, {{2, 3}}, ElementType::kBool);
  GraphBuilder b;
  const TensorId condition = b.Input("condition", {2, 3}, ElementType::kBool);
  cases.Finish("", b, Select{}, {condition, b.Input("p", {2, 3}), b.Input("q", {2, 3})});
}

void AddUnary(Cases& cases) {
  const Shape shape = {2, 3, 4};
  const std::vector<Operator> unary = {
      Relu{},        Relu6{},      ReluN1To1{}, Relu0To1{}, LeakyRelu{0.25F}, HardSwish{},
      Logistic{},    Tanh{},       Elu{},       Gelu{true}, Gelu{false},      Abs{},
      Neg{},         Exp{},        Log{},       Sqrt{},     Rsqrt{},          Square{},
      Sin{},         Cos{},        Floor{},     Ceil{},     Round{},          Softmax{1},
      Softmax{0.5F}, LogSoftmax{}, Sign{}};
  for (const Operator& op : unary) cases.Add("", op, {shape});
  GraphBuilder b;
  cases.Finish("", b, PRelu{}, {b.Input("in", {1, 2, 2, 3}), b.Random("alpha", {1, 1, 3})});
  cases.Add("to int32", Cast{ElementType::kInt32}, {shape});
  cases.Add("from bool", Cast{}, {shape}, ElementType::kBool);
}

void AddQuantizing(Cases& cases) {
  const QuantParams params = PerLayer(0.25F, -3);
  for (bool requantizing : {false, true}) {
    GraphBuilder b;
    const TensorId x = requantizing
                           ? b.Input("in", {2, 3}, ElementType::kUInt8, PerLayer(0.5F, 128))
                           : b.Input("in", {2, 3});
    b.Output(b.Emit(Quantize{}, {x}, "out", ElementType::kInt8, params));
    cases.Adopt(requantizing ? "uint8 to int8" : "int8", b.Build());
  }
  const auto dequantize = [&](const std::string& label, Tensor from) {
    GraphBuilder b;
    b.Output(b.Emit(Dequantize{}, {b.Add(std::move(from))}, "out"));
    cases.Adopt(label, b.Build());
  };
  Tensor small = MakeConstantTensor("w", {2, 3}, std::vector<int8_t>{1, -2, 3, -4, 5, -6});
  small.quant = QuantParams{{0.5F, 0.25F}, {0, 0}, 0};
  dequantize("int8 per channel", small);
  small.quant = PerLayer(0.5F, 0);
  dequantize("int8 per layer", small);
  small.type = ElementType::kInt4;
  dequantize("int4", small);
  dequantize("float16", {"w",
                         ElementType::kFloat16,
                         {2},
                         std::nullopt,
                         MakeConstant(std::vector<uint16_t>{0x3C00, 0x4000})});
}

void AddWindowed(Cases& cases) {
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  cases.Add("SAME", AveragePool2D{3, 3, same}, {{1, 6, 6, 4}});
  cases.Add("VALID", AveragePool2D{2, 3, {.stride_h = 2, .stride_w = 1}}, {{1, 6, 6, 4}});
  cases.Add("SAME", MaxPool2D{3, 3, same, Activation::kRelu}, {{1, 6, 6, 4}});
  cases.Add("align corners", ResizeBilinear{5, 7, true, false}, {{1, 3, 4, 2}});
  cases.Add("half pixels", ResizeBilinear{6, 8, false, true}, {{1, 3, 4, 2}});
  cases.Add("", ResizeNearest{6, 8, false, false}, {{1, 3, 4, 2}});
  cases.Add("half pixels", ResizeNearest{6, 8, false, true}, {{1, 3, 4, 2}});
  cases.Add("", SpaceToDepth{2}, {{1, 4, 6, 3}});
  cases.Add("", DepthToSpace{2}, {{1, 4, 6, 8}});
}

void AddReducing(Cases& cases) {
  const Shape shape = {2, 3, 4, 5};
  cases.Add("kept", Mean{{1, 2}, true}, {shape});
  cases.Add("dropped", Mean{{3}, false}, {shape});
  cases.Add("all", Sum{{0, 1, 2, 3}, false}, {shape});
  cases.Add("", ReduceMax{{1}, true}, {shape});
  cases.Add("", ReduceMin{{2}, false}, {shape});
  cases.Add("", ReduceProd{{0, 2}, true}, {shape});
  cases.Add("int32", ArgMax{2, ElementType::kInt32}, {shape});
  cases.Add("int64", ArgMax{1, ElementType::kInt64}, {shape});
  GraphBuilder b;
  cases.Finish("", b, TopK{3}, {b.Input("in", shape)}, 2);
  cases.Add("", LocalResponseNorm{1, 2, 0.5F, 0.75F}, {shape});
  cases.Add("", CumSum{1}, {shape});
  cases.Add("exclusive, in reverse", CumSum{3, true, true}, {shape});
}

void AddMoving(Cases& cases) {
  cases.Add("", Reshape{{3, 8}}, {{2, 3, 4}});
  cases.Add("to a scalar", Reshape{{}}, {{1, 1}});
  cases.Add("", Transpose{{0, 2, 3, 1}}, {{1, 2, 3, 4}});
  cases.Add("rank 6", Transpose{{5, 4, 3, 2, 1, 0}}, {{1, 2, 1, 2, 1, 3}});
  cases.Add("zeros", Pad{{0, 1, 2, 0}, {0, 2, 1, 3}, 0}, {{1, 3, 4, 2}});
  cases.Add("a value", Pad{{1, 0}, {0, 1}, -0.5F}, {{3, 4}});
  cases.Add("rank 5", Pad{{1, 0, 0, 0, 0}, {0, 0, 0, 0, 1}, 0}, {{1, 2, 2, 1, 3}});
  cases.Add("reflect", MirrorPad{{1, 2}, {2, 1}, false}, {{3, 4}});
  cases.Add("symmetric", MirrorPad{{1, 2}, {2, 1}, true}, {{3, 4}});
  cases.Add("forward", StridedSlice{{0, 1}, {1, 2}, {3, 2}}, {{3, 5}});
  cases.Add("backward, off the front", StridedSlice{{2, 4}, {-1, -2}, {3, 3}}, {{3, 5}});
  cases.Add("", Concat{1}, {{2, 3}, {2, 1}, {2, 4}});
  cases.Add("", Tile{{2, 1, 3}}, {{1, 2, 3}});
  cases.Add("", BroadcastTo{{2, 3, 4}}, {{3, 1}});
  GraphBuilder b;
  cases.Finish("", b, Split{1, {1, 3, 2}}, {b.Input("in", {2, 6})}, 3);
  GraphBuilder g;
  const TensorId x = g.Input("in", {4, 3});
  cases.Finish("", g, Gather{0}, {x, g.Constant<int32_t>("indices", {2, 2}, {3, 0, 1, 1})});
}

bool IsWeight(OperandRule::Kind kind) {
  return kind == OperandRule::kWeight || kind == OperandRule::kBias;
}

const QuantParams kActivations = PerLayer(0.0625F, -4);

/// Returns scales that all differ, one for each channel.
QuantParams ChannelParams(int64_t channels, int axis, float unit) {
  QuantParams params;
  params.axis = axis;
  for (int64_t c = 0; c < channels; ++c) {
    params.scales.push_back(unit * static_cast<float>(c + 1));
    params.zero_points.push_back(0);
  }
  return params;
}

void MakeInt8(Tensor& tensor, const OperandRule& rule) {
  constexpr float kUnit = 0x1p-7F;
  const bool constant = tensor.is_constant();
  tensor.type = rule.kind == OperandRule::kBias ? ElementType::kInt32 : ElementType::kInt8;
  if (rule.kind == OperandRule::kFixed) {
    tensor.quant = PerLayer(rule.int8.scale, rule.int8.zero_point);
  } else if (rule.kind == OperandRule::kWeight) {
    const auto axis = static_cast<size_t>(rule.index);
    tensor.quant = ChannelParams(tensor.shape[axis], rule.index, kUnit);
  } else if (rule.kind == OperandRule::kBias) {
    tensor.quant = ChannelParams(tensor.shape[0], 0, kUnit * kActivations.scale());
  } else {
    tensor.quant = kActivations;
  }
  if (!constant) return;
  const auto count = static_cast<size_t>(tensor.elements());
  tensor.constant = IsWeight(rule.kind) && tensor.type == ElementType::kInt8
                        ? MakeConstant(RandomInt8(count, 3, -127, 127))
                        : RandomTensor(tensor, 3).constant;
}

}  // namespace

std::vector<OperatorCase> OperatorCases() {
  Cases cases;
  for (const auto add :
       {AddWeighted, AddBinary, AddUnary, AddQuantizing, AddWindowed, AddReducing, AddMoving}) {
    add(cases);
  }
  return cases.Take();
}

bool HasInt8Form(const Graph& graph) {
  const Node& node = OnlyNode(graph);
  if (OpOf(node).reference_int8 == nullptr || node.Is<Quantize>() || node.Is<Dequantize>()) {
    return false;
  }
  const TensorId last = node.inputs().back();
  return graph.tensor(node.input(0)).is_float() || graph.tensor(last).is_float();
}

Graph AsInt8(const Graph& graph) {
  Graph result = graph;
  const Node& node = OnlyNode(result);
  const QuantRule& rule = OpOf(node).quant;
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    Tensor& operand = result.tensor(node.input(i));
    if (operand.is_float()) MakeInt8(operand, rule.Operand(i));
  }
  for (TensorId id : node.outputs()) {
    if (result.tensor(id).is_float()) MakeInt8(result.tensor(id), rule.result);
  }
  return result;
}

}  // namespace qconvert
