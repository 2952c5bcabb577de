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
  for (TensorId id : node.outputs()) ruled.push_back({id, rule.result});
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

TEST_CASE("Graphs that keep the rules pass", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    CHECK_NOTHROW(VerifyRules(c.graph, false));
    if (HasInt8Form(c.graph)) CHECK_NOTHROW(VerifyRules(AsInt8(c.graph), false));
  }
}

TEST_CASE("Tensors that must share parameters are found when they do not", "[tflite]") {
  const auto scale = [](Tensor& tensor) { SetScale(tensor, 1.5F); };
  const auto zero_point = [](Tensor& tensor) { ++tensor.quant->zero_points[0]; };
  const std::string why = "has not the scale and zero point of";
  // Movement, pools, resizes, reductions to an extreme; Concat, Maximum, Minimum and Select.
  CHECK(RequireRefused(OperandRule::kSameAs, scale, why) >= 25);
  CHECK(RequireRefused(OperandRule::kSameAs, zero_point, why) >= 25);
}

TEST_CASE("Results with other than their fixed parameters are found", "[tflite]") {
  const std::string why = "has not the fixed parameters";
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
            kind, [](Tensor& t) { SetScale(t, 1.001F); }, "has not the scale input x weights") >=
        7);
  const auto one_scale = [](Tensor& tensor) { tensor.quant = PerLayer(tensor.quant->scale(), 0); };
  CHECK(RequireRefused(kind, one_scale, "has not one scale for each scale of the weights") >= 7);
}

TEST_CASE("Tensors of integer operators have parameters and the rule's type", "[tflite]") {
  for (const auto kind : {OperandRule::kCalibrated, OperandRule::kSameAs, OperandRule::kFixed,
                          OperandRule::kWeight, OperandRule::kBias}) {
    INFO("rule " << int{kind});
    CHECK(RequireRefused(
              kind, [](Tensor& t) { t.quant.reset(); }, "breaks a rule of TFLite") > 0);
    const auto to_int16 = [](Tensor& tensor) { tensor.type = ElementType::kInt16; };
    CHECK(RequireRefused(kind, to_int16, "int16") > 0);
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
                     "are weights with a zero point"));
}

}  // namespace
}  // namespace qconvert
