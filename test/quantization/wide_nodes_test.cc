#include "lib/quantization/wide_nodes.h"

#include <catch2/catch.hpp>

#include "lib/passes/verify.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

constexpr NodePrecision kWide{WeightPrecision::kInt8, ActivationPrecision::kInt16};

/// Returns the plan of a graph whose nodes found by `pattern` are wide.
PrecisionPlan Widened(const Graph& graph, const std::string& pattern, PrecisionPlan plan = {}) {
  WidenNamed(graph, pattern, plan);
  WidenMovements(graph, plan);
  return plan;
}

/// Returns the names of the wide nodes, in the order of the graph.
std::string WideNodes(const Graph& graph, const PrecisionPlan& plan) {
  std::string names;
  for (const Node& node : graph.nodes()) {
    const auto* exception = plan.Find(node);
    if (exception == nullptr || exception->precision != kWide) continue;
    names += (names.empty() ? "" : " ") + node.name;
  }
  return names;
}

Quantized Make(const Graph& graph, const PrecisionPlan& plan, const PlanOptions& options = {}) {
  Quantized q =
      MakeMixture(graph, RangesOn(graph, RandomInputs(graph, 1)), plan, {.plan = options});
  VerifyGraph(q.graph);
  return q;
}

class Layers : public GraphBuilder {
 public:
  TensorId Layer(TensorId x, const std::string& name) {
    return Emit(FullyConnected{}, {x, Random(name + "/w", {8, 8}), Random(name + "/b", {8})}, name);
  }
};

TEST_CASE("Named nodes have int16 activations between QUANTIZEs", "[quantization]") {
  Layers b;
  b.Output(b.Layer(b.Layer(b.Layer(b.Input("x", {4, 8}), "a"), "b"), "c"));
  const Graph graph = b.Build();
  const PrecisionPlan plan = Widened(graph, "^b$");
  CHECK(plan.Find(*graph.Producer(graph.FindTensor("b")))->reason == "named by --wide");
  const Quantized q = Make(graph, plan);
  CHECK(q.Kinds() ==
        "Quantize FullyConnected Quantize FullyConnected Quantize FullyConnected Dequantize");
  CHECK(q["a"].type == ElementType::kInt8);
  CHECK(q["a/requantized"].type == ElementType::kInt16);
  CHECK(q["b"].type == ElementType::kInt16);
  CHECK(q["b/requantized"].type == ElementType::kInt8);
  CHECK(q["a/b"].type == ElementType::kInt32);
  CHECK(q["b/b"].type == ElementType::kInt64);
  CHECK(q.report.wide_nodes == 1);
}

TEST_CASE("A pattern names no node that is an exception already", "[quantization]") {
  Layers b;
  b.Output(b.Layer(b.Layer(b.Input("x", {4, 8}), "a"), "b"));
  const Graph graph = b.Build();
  PrecisionPlan plan;
  KeepFloat(graph, "a", plan);
  CHECK(WideNodes(graph, Widened(graph, "a|b", plan)) == "b");
  CHECK(WideNodes(graph, Widened(graph, "")).empty());
  CHECK_THAT(ErrorOf([&] { WidenNamed(graph, "(", plan); }),
             IsError(ErrorKind::kUsage, "--wide '(' is not a regular expression"));
}

TEST_CASE("What moves and joins wide values is wide", "[quantization]") {
  Layers b;
  const TensorId x = b.Input("x", {4, 8});
  const TensorId wide = b.Layer(x, "wide"), narrow = b.Layer(x, "narrow");
  const TensorId moved = b.Emit(Reshape{{8, 4}}, {wide}, "moved");
  const TensorId turned = b.Emit(Transpose{{1, 0}}, {moved}, "turned");
  const TensorId joined = b.Emit(Concat{0}, {turned, turned}, "joined");
  const TensorId mixed = b.Emit(Concat{0}, {wide, narrow}, "mixed");
  const TensorId table = b.Emit(Transpose{{1, 0}}, {b.Random("t", {8, 4})}, "of constants");
  b.Output(joined).Output(mixed).Output(table);
  const Graph graph = b.Build();
  CHECK(WideNodes(graph, Widened(graph, "^wide$")) == "wide moved turned joined");
}

TEST_CASE("A movement without an int16 kernel stays int8", "[quantization]") {
  GraphBuilder b;
  const TensorId sum = b.Emit(Relu{}, {b.Input("x", {1, 4, 4, 4})}, "relu");
  b.Output(b.Emit(SpaceToDepth{2}, {sum}, "moved"));
  const Graph graph = b.Build();
  const PrecisionPlan plan = Widened(graph, "relu");
  CHECK(WideNodes(graph, plan) == "relu");
  CHECK(Make(graph, plan).Kinds() == "Quantize Relu Quantize SpaceToDepth Dequantize");
}

TEST_CASE("Inputs reach wide nodes with 16 bits", "[quantization]") {
  Layers b;
  const TensorId turned = b.Emit(Transpose{{1, 0}}, {b.Input("x", {8, 4})}, "turned");
  const TensorId moved = b.Emit(Reshape{{4, 8}}, {turned}, "moved");
  SECTION("that read them alone") {
    b.Output(b.Layer(moved, "wide"));
    const Graph graph = b.Build();
    CHECK(WideNodes(graph, Widened(graph, "wide")) == "turned moved wide");
  }
  SECTION("and narrow ones too with 8") {
    b.Output(b.Layer(moved, "wide")).Output(b.Layer(moved, "narrow"));
    const Graph graph = b.Build();
    CHECK(WideNodes(graph, Widened(graph, "wide")) == "wide");
  }
}

TEST_CASE("Nodes that are not named stay as they were asked to be", "[quantization]") {
  Layers b;
  b.Output(b.Layer(b.Layer(b.Input("x", {4, 8}), "a"), "b"));
  const Graph graph = b.Build();
  const NodePrecision four{WeightPrecision::kInt4, ActivationPrecision::kInt8};
  const Quantized q = Make(graph, Widened(graph, "b", {four, {}}));
  CHECK(q["a/w"].type == ElementType::kInt4);
  CHECK(q["b/w"].type == ElementType::kInt8);
  CHECK(q.report.eight_bit.empty());
}

/// A tensor that int8 nodes read first, and a Concat that gives it other parameters then.
Graph ReadAsBoth(const std::string& maker) {
  Layers b;
  const TensorId x = b.Input("x", {4, 8});
  const TensorId made = maker == "Erf" ? b.Emit(Erf{}, {x}, "made") : b.Layer(x, "made");
  b.Output(b.Emit(Relu{}, {made}, "narrow"));
  const TensorId large = b.Emit(Mul{}, {b.Layer(x, "other"), b.Scalar(100)}, "large");
  return b.Output(b.Emit(Concat{0}, {made, large}, "joined")).Build();
}

TEST_CASE("int16 numbers are never made of a copy of 8 bits", "[quantization]") {
  const auto source_of_joined = [](const Quantized& q) {
    const TensorId joined = q.graph.FindTensor("joined");
    const TensorId operand = q.graph.Producer(joined)->input(0);
    return q.graph.tensor(q.graph.Producer(operand)->input(0));
  };
  SECTION("where a node makes them") {
    const Graph graph = ReadAsBoth("FullyConnected");
    const Tensor source = source_of_joined(Make(graph, Widened(graph, "^(made|other|joined)$")));
    CHECK(source.name == "made");
    CHECK(source.type == ElementType::kInt16);
  }
  SECTION("where a float node makes the reals") {
    const Graph graph = ReadAsBoth("Erf");
    CHECK(source_of_joined(Make(graph, Widened(graph, "^(other|joined)$"))).is_float());
  }
}

TEST_CASE("Nodes around tensors to which the model gives 16 bits are wide", "[quantization]") {
  Layers b;
  const TensorId a = b.Layer(b.Input("x", {4, 8}), "a");
  const TensorId moved = b.Emit(Reshape{{4, 8}}, {b.Layer(a, "b")}, "moved");
  b.Output(b.Layer(moved, "c"));
  Graph graph = b.Build();
  const QuantParams own = PerLayer(0.001F, 0);
  graph.grids[graph.FindTensor("a")] = {ElementType::kInt16, own};
  graph.grids[graph.FindTensor("moved")] = {ElementType::kInt8, PerLayer(0.1F, 3)};
  PrecisionPlan plan;
  WidenGrids(graph, plan);
  CHECK(WideNodes(graph, plan) == "a b");
  const Quantized q = Make(graph, plan);
  CHECK(q.Params("a") == own);
  CHECK(q["a"].type == ElementType::kInt16);
  CHECK(q["c"].type == ElementType::kInt8);
}

TEST_CASE("Tensors have the range of the type that holds them", "[quantization]") {
  Layers b;
  b.Output(b.Emit(Relu{}, {b.Layer(b.Input("x", {4, 8}), "a")}, "b"));
  const Graph graph = b.Build();
  const auto count = static_cast<size_t>(graph.tensor_count());
  const ActivationRanges ranges{Ranges(count, Range{-1, 1}), Ranges(count, Range{-4, 4})};
  const QuantizationPlan plan = Plan(graph, ranges, Widened(graph, "b"), {});
  const ActivationParams& shared = plan.tensors[static_cast<size_t>(graph.FindTensor("a"))];
  CHECK(shared.int8->scale() == Approx(2.0 / 255));
  CHECK(shared.int16->scale() == Approx(4.0 / 32767));
}

}  // namespace
}  // namespace qconvert
