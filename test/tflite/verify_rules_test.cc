// The verifier accepts what the rules allow and names whatever breaks one.
#include "lib/tflite/verify_rules.h"

#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

/// Tensors of a node with their rules: the operands, then the results.
struct Ruled {
  TensorId id;
  OperandRule rule;
};

std::vector<Ruled> RuledTensors(const Graph& graph) {
  const Node& node = OnlyNode(graph);
  const QuantRule& rule = OpOf(node).quant;
  std::vector<Ruled> ruled;
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    ruled.push_back({node.input(i), rule.Operand(i)});
  }
  for (TensorId id : node.outputs()) {
    const bool integers = graph.tensor(id).type == ElementType::kInt32;  // TopK's indices
    if (!integers) ruled.push_back({id, rule.result});
  }
  return ruled;
}

bool HasQuantizedTensor(const Graph& graph) {
  const auto ruled = RuledTensors(graph);
  return std::any_of(ruled.begin(), ruled.end(),
                     [&](const Ruled& r) { return graph.tensor(r.id).quant.has_value(); });
}

using Mutation = std::function<void(Tensor&)>;

/// Requires that every tensor of an int8 case whose rule is of `kind` cannot be changed without an
/// error that names the node's kind; returns how many there are.
size_t RequireRefused(OperandRule::Kind kind, const Mutation& mutate, const std::string& why) {
  size_t count = 0;
  for (const OperatorCase& c : OperatorCases()) {
    if (!HasInt8Form(c.graph)) continue;
    const Graph good = AsInt8(c.graph);
    for (const Ruled& ruled : RuledTensors(good)) {
      if (ruled.rule.kind != kind) continue;
      Graph bad = good;
      mutate(bad.tensor(ruled.id));
      if (!HasQuantizedTensor(bad)) continue;  // a float operator in its own right
      INFO(OnlyNode(good).kind() << " " << c.label << ", tensor " << good.tensor(ruled.id).name);
      const Error error = ErrorOf([&] { VerifyRules(bad, false); });
      CHECK_THAT(error, IsError(ErrorKind::kInternal, "(" + std::string(OnlyNode(good).kind())));
      CHECK_THAT(error, IsError(ErrorKind::kInternal, why));
      ++count;
    }
  }
  return count;
}

void SetScale(Tensor& tensor, float factor) { tensor.quant->scales.back() *= factor; }

/// The int8 case as LiteRT takes it: without negative operands of roots.
Graph WithinDomain(const Graph& graph) {
  Graph result = AsInt8(graph);
  const Node& node = OnlyNode(result);
  if (node.Is<Sqrt>() || node.Is<Rsqrt>()) {
    result.tensor(node.input(0)).quant->zero_points[0] = -128;
  }
  return result;
}

TEST_CASE("Graphs that keep the rules pass", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    CHECK_NOTHROW(VerifyRules(c.graph, false));
    if (HasInt8Form(c.graph)) CHECK_NOTHROW(VerifyRules(WithinDomain(c.graph), false));
  }
}

TEST_CASE("Tensors that must share parameters are found when they do not", "[tflite]") {
  const auto scale = [](Tensor& tensor) { SetScale(tensor, 1.5F); };
  const auto zero_point = [](Tensor& tensor) { ++tensor.quant->zero_points[0]; };
  const std::string why = "does not have the scale and zero point of";
  // Movement, pools, resizes, reductions to an extreme; Concat, Maximum, Minimum and Select.
  CHECK(RequireRefused(OperandRule::kSameAs, scale, why) >= 25);
  CHECK(RequireRefused(OperandRule::kSameAs, zero_point, why) >= 25);
}

TEST_CASE("Results with other than their fixed parameters are found", "[tflite]") {
  const std::string why = "does not have the fixed parameters";
  CHECK(RequireRefused(
            OperandRule::kFixed, [](Tensor& t) { SetScale(t, 1.01F); }, why) >= 4);
  CHECK(RequireRefused(
            OperandRule::kFixed, [](Tensor& t) { t.quant->zero_points[0] = 5; }, why) >= 4);
}

TEST_CASE("Activations have one scale", "[tflite]") {
  const auto mutate = [](Tensor& tensor) {
    tensor.quant = QuantParams{{0.0625F, 0.0625F}, {-4, -4}, 0};
  };
  CHECK(RequireRefused(OperandRule::kCalibrated, mutate, "breaks a rule of TFLite") > 60);
}

TEST_CASE("Weights are symmetric, along their axis, without the lowest number", "[tflite]") {
  const auto kind = OperandRule::kWeight;
  CHECK(RequireRefused(
            kind, [](Tensor& t) { t.quant->zero_points.back() = 1; }, "zero point") >= 9);
  CHECK(RequireRefused(
            kind, [](Tensor& t) { t.quant->axis = 1; }, "has scales on another axis") >= 9);
  const auto lowest = [](Tensor& tensor) {
    std::vector<int8_t> values(static_cast<size_t>(tensor.elements()), -127);
    values.back() = -128;
    tensor.constant = MakeConstant(std::move(values));
  };
  CHECK(RequireRefused(kind, lowest, "outside [-127, 127]") >= 9);
}

TEST_CASE("Biases have the scale of input and weights", "[tflite]") {
  const auto kind = OperandRule::kBias;
  CHECK(RequireRefused(
            kind, [](Tensor& t) { SetScale(t, 1.001F); },
            "does not have the scale input x weights") >= 7);
  const auto one_scale = [](Tensor& tensor) { tensor.quant = PerLayer(tensor.quant->scale(), 0); };
  CHECK(RequireRefused(kind, one_scale, "does not have one scale for each scale of the weights") >=
        7);
}

TEST_CASE("Tensors of integer operators have parameters and the rule's type", "[tflite]") {
  for (const auto kind : {OperandRule::kCalibrated, OperandRule::kSameAs, OperandRule::kFixed,
                          OperandRule::kWeight, OperandRule::kBias}) {
    INFO("rule " << int{kind});
    CHECK(RequireRefused(
              kind, [](Tensor& t) { t.quant.reset(); }, "breaks a rule of TFLite") > 0);
    const auto to_int16 = [](Tensor& tensor) {
      tensor.type = ElementType::kInt16;
      for (int32_t& zero_point : tensor.quant->zero_points) zero_point = 0;
    };
    CHECK(RequireRefused(kind, to_int16, "breaks a rule of TFLite") > 0);
  }
}

TEST_CASE("A float tensor at an integer operator is found wherever it stands", "[tflite]") {
  for (const auto kind : {OperandRule::kCalibrated, OperandRule::kSameAs, OperandRule::kFixed}) {
    const auto to_float = [](Tensor& tensor) {
      tensor.quant.reset();
      tensor.type = ElementType::kFloat32;
    };
    CHECK(RequireRefused(kind, to_float, "") > 0);
  }
}

TEST_CASE("Scales are normal and zero points inside their type", "[tflite]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4}, ElementType::kInt8, PerLayer(1, 0));
  Graph graph = b.Output(b.Emit(Relu{}, {x}, "y", ElementType::kInt8, PerLayer(1, 0))).Build();
  Tensor& tensor = graph.tensor(graph.outputs[0]);
  CHECK_NOTHROW(VerifyRules(graph, false));
  for (float scale : {0.0F, -1.0F, 1e-40F, INFINITY, NAN}) {
    tensor.quant = PerLayer(scale, 0);
    CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }),
               IsError(ErrorKind::kInternal, "tensor 'y'"));
  }
  for (int32_t zero_point : {-129, 128, 1000}) {
    tensor.quant = PerLayer(1, zero_point);
    CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }),
               IsError(ErrorKind::kInternal, "tensor 'y'"));
  }
}

TEST_CASE("Results whose steps are too small for LiteRT's multipliers are found", "[tflite]") {
  size_t count = 0;
  for (const OperatorCase& c : OperatorCases()) {
    const Op& op = OpOf(OnlyNode(c.graph));
    const bool rescales = op.quant.result.kind == OperandRule::kCalibrated;
    if (!HasInt8Form(c.graph) || op.scale_rule == nullptr || !rescales) continue;
    Graph graph = WithinDomain(c.graph);
    graph.tensor(OnlyNode(graph).output()).quant->scales = {0x1p-60F};
    INFO(op.name << " " << c.label);
    CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }),
               IsError(ErrorKind::kInternal, "steps too small for LiteRT"));
    ++count;
  }
  CHECK(count >= 30);
}

/// a, b -> the operator, with three scales.
Graph OfScales(const Operator& op, float a, float b, float result) {
  GraphBuilder builder;
  const TensorId x = builder.Input("a", {4}, ElementType::kInt8, PerLayer(a, 3));
  const TensorId y = builder.Input("b", {4}, ElementType::kInt8, PerLayer(b, -5));
  const TensorId z = builder.Emit(op, {x, y}, "y", ElementType::kInt8, PerLayer(result, 0));
  return builder.Output(z).Build();
}

TEST_CASE("ADD and SUB rescale their sums by less than 1", "[tflite]") {
  for (const Operator& op : {Operator(Add{}), Operator(Sub{})}) {
    CHECK_NOTHROW(VerifyRules(OfScales(op, 1, 0.5F, 0x1.1p-19F), false));
    for (const float result : {0x1p-19F, 0x1p-30F, 0x1p110F}) {
      INFO(OperatorName(op) << " to " << result);
      CHECK_THAT(ErrorOf([&] { VerifyRules(OfScales(op, 1, 0.5F, result), false); }),
                 IsError(ErrorKind::kInternal, "for LiteRT"));
    }
  }
}

TEST_CASE("Multipliers that are not finite are found", "[tflite]") {
  CHECK_THAT(ErrorOf([&] { VerifyRules(OfScales(Mul{}, 0x1p100F, 0x1p100F, 0x1p100F), false); }),
             IsError(ErrorKind::kInternal, "for LiteRT"));
}

/// x -> the operator, with two scales.
Graph OfScales(const Operator& op, QuantParams from, QuantParams to) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4}, ElementType::kInt8, std::move(from));
  return b.Output(b.Emit(op, {x}, "y", ElementType::kInt8, std::move(to))).Build();
}

TEST_CASE("Operands that LiteRT's functions refuse are found", "[tflite]") {
  const auto refused = [](const Operator& op, const QuantParams& from, const QuantParams& to) {
    return ErrorOf([&] { VerifyRules(OfScales(op, from, to), false); });
  };
  CHECK_THAT(refused(Softmax{}, PerLayer(0x1p-26F, 0), PerLayer(1.0F / 256, -128)),
             IsError(ErrorKind::kInternal, "its operand has steps too small"));
  for (const Operator& op : {Operator(Sqrt{}), Operator(Rsqrt{})}) {
    CHECK_THAT(refused(op, PerLayer(0.1F, -127), PerLayer(0.1F, -128)),
               IsError(ErrorKind::kInternal, "negative numbers"));
  }
  CHECK_THAT(refused(HardSwish{}, PerLayer(1, 0), PerLayer(0x1p-7F, 0)),
             IsError(ErrorKind::kInternal, "steps too small"));
  CHECK_THAT(refused(Relu6{}, PerLayer(1e-10F, 0), PerLayer(1e-10F, 0)),
             IsError(ErrorKind::kInternal, "the ends of its clamp"));
  CHECK_THAT(refused(Exp{}, PerLayer(1, -128), PerLayer(1, 0)),
             IsError(ErrorKind::kInternal, "steps too small"));
  CHECK_THAT(refused(Quantize{}, PerLayer(0x1p10F, 0), PerLayer(0x1p-12F, 0)),
             IsError(ErrorKind::kInternal, "steps too small"));
}

TEST_CASE("The zero point of int16 is 0", "[tflite]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4}, ElementType::kInt16, PerLayer(1, 0));
  Graph graph = b.Output(b.Emit(Dequantize{}, {x}, "y")).Build();
  CHECK_NOTHROW(VerifyRules(graph, false));
  graph.tensor(graph.inputs[0]).quant = PerLayer(1, 1);
  CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }),
             IsError(ErrorKind::kInternal, "tensor 'x'"));
}

TEST_CASE("Transposed convolutions have a size that TFLite's padding leads back from", "[tflite]") {
  const auto of_size = [](int output) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {1, 8, 8, 2});
    const TransposeConv2D conv{
        {.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1}, output, 16};
    return b.Output(b.Emit(conv, {x, b.Random("w", {3, 4, 4, 2})}, "y")).Build();
  };
  CHECK_NOTHROW(VerifyRules(of_size(16), false));
  CHECK_THAT(ErrorOf([&] { VerifyRules(of_size(17), false); }),
             IsError(ErrorKind::kInternal, "node 'y' (TransposeConv2D)"));
}

/// Makes the activations of an int8 graph int16, as a damaged file could have them.
Graph Widened(Graph graph) {
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant()) tensor.type = ElementType::kInt16;
  }
  return graph;
}

/// x -> the operator, all activations int16.
Graph OfInt16(const Operator& op, QuantParams result) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4}, ElementType::kInt8, PerLayer(0.5F, 0));
  return Widened(b.Output(b.Emit(op, {x}, "y", ElementType::kInt8, std::move(result))).Build());
}

TEST_CASE("Operators that have a kernel for int16 take it, with zero point 0", "[tflite]") {
  const auto refused = [](const Operator& op, const QuantParams& result) {
    return ErrorOf([&] { VerifyRules(OfInt16(op, result), false); });
  };
  CHECK_NOTHROW(VerifyRules(OfInt16(Reshape{{8}}, PerLayer(0.5F, 0)), false));
  CHECK_THAT(refused(Reshape{{8}}, PerLayer(0.25F, 0)),
             IsError(ErrorKind::kInternal, "does not have the scale and zero point of"));
  CHECK_THAT(refused(Reshape{{8}}, PerLayer(0.5F, 1)),
             IsError(ErrorKind::kInternal, "tensor 'y' (int16)"));
  CHECK_THAT(refused(Softmax{}, PerLayer(1.0F / 256, 0)),
             IsError(ErrorKind::kInternal, "does not have the fixed parameters"));
  CHECK_NOTHROW(VerifyRules(OfInt16(Softmax{}, PerLayer(1.0F / 32768, 0)), false));
  CHECK_THAT(refused(HardSwish{}, PerLayer(0.5F, 0)),
             IsError(ErrorKind::kInternal, "it has no kernel for int16"));
}

TEST_CASE("Beside int16 activations a bias is int64, and weights are int8", "[tflite]") {
  const auto verify = [](ElementType weights, Tensor bias) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {2, 4}, ElementType::kInt8, PerLayer(0.5F, 0));
    Tensor w = MakeConstantTensor("w", {3, 4}, std::vector<int8_t>(12, 1));
    w.quant = PerLayer(0.25F, 0);
    const TensorId none = b.Add(MakeConstantTensor("none", {3}, std::vector<int32_t>(3)));
    b.Output(
        b.Emit(FullyConnected{}, {x, b.Add(w), none}, "y", ElementType::kInt8, PerLayer(1, 0)));
    Graph graph = Widened(b.Build());
    graph.tensor(graph.FindTensor("w")).type = weights;
    bias.quant = PerLayer(0.125F, 0);
    Node& node = graph.nodes().front();
    graph.SetInput(node, 2, graph.AddTensor(std::move(bias)));
    VerifyRules(graph, false);
  };
  const auto refused = [&](ElementType weights, const Tensor& bias) {
    return ErrorOf([&] { verify(weights, bias); });
  };
  const Tensor narrow = MakeConstantTensor("bias", {3}, std::vector<int32_t>(3));
  const Tensor wide = MakeConstantTensor("bias", {3}, std::vector<int64_t>(3));
  CHECK_THAT(
      refused(ElementType::kInt8, narrow),
      IsError(ErrorKind::kInternal, "'bias' is int32 at an integer operator that takes int64"));
  CHECK_THAT(refused(ElementType::kInt4, wide),
             IsError(ErrorKind::kInternal, "'w' is int4 at an integer operator that takes int8"));
  CHECK_NOTHROW(verify(ElementType::kInt8, wide));
}

/// x -> FullyConnected with weights of one scale and a zero point.
Graph AsymmetricWeights(const Operator& op, const Shape& input, const Shape& shape) {
  GraphBuilder b;
  const TensorId x = b.Input("x", input, ElementType::kInt8, PerLayer(0.5F, 1));
  const auto count = static_cast<size_t>(NumElements(shape));
  Tensor weights = MakeConstantTensor("w", shape, std::vector<int8_t>(count, -128));
  weights.quant = PerLayer(0.25F, 7);
  return b.Output(b.Emit(op, {x, b.Add(weights)}, "y", ElementType::kInt8, PerLayer(1, 0))).Build();
}

TEST_CASE("Asymmetric weights are TFLite's in a matrix product per layer, else an extension",
          "[tflite]") {
  const Graph product = AsymmetricWeights(FullyConnected{}, {1, 4}, {3, 4});
  CHECK_NOTHROW(VerifyRules(product, false));
  const Graph conv = AsymmetricWeights(Conv2D{}, {1, 2, 2, 4}, {3, 1, 1, 4});
  CHECK_NOTHROW(VerifyRules(conv, true));
  CHECK_THAT(ErrorOf([&] { VerifyRules(conv, false); }),
             IsError(ErrorKind::kInternal,
                     "node 'y' (Conv2D) breaks a rule of TFLite: tensor 'w' "
                     "holds weights with a zero point"));
}

/// x -> FullyConnected "y" with float activations beside int8 weights per channel.
Graph DynamicProduct() {
  GraphBuilder b;
  Tensor w = MakeConstantTensor("w", {3, 4}, std::vector<int8_t>(12, 1));
  w.quant = {{0.1F, 0.2F, 0.3F}, {0, 0, 0}, 0};
  const TensorId bias = b.Random("bias", {3});
  return b.Output(b.Emit(FullyConnected{}, {b.Input("x", {2, 4}), b.Add(w), bias}, "y")).Build();
}

TEST_CASE("Weights beside float activations are symmetric, per channel", "[tflite]") {
  CHECK_NOTHROW(VerifyRules(DynamicProduct(), false));
  const auto refuses = [](const Mutation& mutate, const std::string& why) {
    Graph graph = DynamicProduct();
    mutate(graph.tensor(graph.FindTensor("w")));
    CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }), IsError(ErrorKind::kInternal, why));
  };
  refuses([](Tensor& w) { w.quant = PerLayer(0.1F, 0); }, "'w' has no scales by channel");
  refuses([](Tensor& w) { w.quant->zero_points[1] = 1; }, "holds weights with a zero point");
  refuses([](Tensor& w) { w.quant->axis = 1; }, "has scales on another axis");
}

TEST_CASE("Float activations stand beside integers where a kernel takes them", "[tflite]") {
  Tensor c = MakeConstantTensor("c", {4}, std::vector<int8_t>(4, 1));
  c.quant = PerLayer(0.1F, 0);
  Graph graph;
  const TensorId x = graph.AddTensor({"x", ElementType::kFloat32, {4}});
  const TensorId constant = graph.AddTensor(c);
  const TensorId y = graph.AddTensor({"y", ElementType::kFloat32, {4}});
  graph.Append(Node("y", Add{}, {x, constant}, {y}));
  CHECK_THAT(ErrorOf([&] { VerifyRules(graph, false); }),
             IsError(ErrorKind::kInternal, "it has no kernel with float activations"));
}

}  // namespace
}  // namespace qconvert
