// Scales and zero points of activations: the paper's formulas, shared and fixed parameters.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "lib/quantization/integer_rules.h"
#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

QuantParams Int8Params(const Range& range) { return ParamsOfRange(range, ElementType::kInt8); }

TEST_CASE("Activations are affine over 255 steps, with zero exact", "[quantization]") {
  Random random(6);
  std::vector<Range> ranges = {{0, 6}, {-1, 1}, {-3, 0}, {0, 2.55F}, {-1e-6F, 1e6F}};
  for (int i = 0; i < 200; ++i) ranges.push_back({random.Uniform(-5, 0), random.Uniform(0, 5)});
  for (const Range& range : ranges) {
    const QuantParams params = Int8Params(range);
    const double scale = (double{range.max} - double{range.min}) / 255;
    INFO(range.min << " to " << range.max);
    CHECK(double{params.scale()} == Approx(scale).epsilon(1e-6));
    CHECK(params.zero_point() == std::lround(-128 - double{range.min} / double{params.scale()}));
    CHECK(params.zero_point() >= -128);
    CHECK(params.zero_point() <= 127);
    // Both ends are at most half a step beyond what int8 reaches.
    CHECK((-128 - params.zero_point()) * scale <= double{range.min} + 0.5001 * scale);
    CHECK((127 - params.zero_point()) * scale >= double{range.max} - 0.5001 * scale);
  }
  CHECK(Int8Params({0, 2.55F}).zero_point() == -128);
  CHECK(Int8Params({-2.55F, 0}).zero_point() == 127);
}

TEST_CASE("Empty and tiny ranges have usable scales", "[quantization]") {
  for (const Range& range : {Range{0, 0}, Range{0, 1e-45F}, Range{-1e-40F, 1e-40F}}) {
    const QuantParams params = Int8Params(range);
    CHECK(std::isnormal(params.scale()));
    CHECK(std::isnormal(params.scale() * params.scale()));
  }
}

TEST_CASE("A network of zeros can be quantized", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4});
  const TensorId w = b.Constant<float>("w", {3, 4}, std::vector<float>(12));
  const Graph graph = b.Output(b.Emit(FullyConnected{}, {x, w}, "y")).Build();
  const Quantized q =
      MakeIntegerOn(graph, Ranges(static_cast<size_t>(graph.tensor_count()), Range{0, 0}));
  for (TensorId id = 0; id < q.graph.tensor_count(); ++id) {
    if (!q.graph.tensor(id).quant) continue;
    for (float scale : q.graph.tensor(id).quant->scales) CHECK(std::isnormal(scale));
  }
}

/// Ranges that differ for every tensor, so that shared parameters are no accident.
Ranges UnequalRanges(const Graph& graph) {
  Ranges ranges;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    ranges.push_back(Range{-1 - 0.1F * static_cast<float>(id), 2});
  }
  return ranges;
}

TEST_CASE("What must share parameters does, for every operator", "[quantization]") {
  size_t shared = 0;
  for (const OperatorCase& c : OperatorCases()) {
    const Op& op = OpOf(OnlyNode(c.graph));
    const bool moves = op.quant.result.kind == OperandRule::kSameAs;
    const bool unifies = op.quant.Operand(1).kind == OperandRule::kSameAs;
    if (!HasInt8Form(c.graph) || (!moves && !unifies)) continue;
    const Quantized q = MakeIntegerOn(c.graph, UnequalRanges(c.graph));
    for (const Node& node : q.graph.nodes()) {
      if (&OpOf(node) != &op) continue;
      const auto& wanted = q.graph.tensor(node.output()).quant;
      INFO(op.name << " " << c.label);
      REQUIRE(wanted);
      for (TensorId id : node.inputs()) {
        const Tensor& operand = q.graph.tensor(id);
        if (operand.type == ElementType::kInt8) CHECK(operand.quant == wanted);
      }
      for (TensorId id : node.outputs()) {
        const Tensor& result = q.graph.tensor(id);
        if (result.type == ElementType::kInt8) CHECK(result.quant == wanted);
      }
      ++shared;
    }
  }
  CHECK(shared >= 25);
}

TEST_CASE("Movement hands the parameters of its input on", "[quantization]") {
  GraphBuilder b;
  const TensorId p = b.Emit(MaxPool2D{2, 2, {}}, {b.Input("x", {1, 4, 4, 2})}, "p");
  const TensorId t = b.Emit(Transpose{{0, 3, 1, 2}}, {p}, "t");
  b.Output(b.Emit(Reshape{{18}}, {t}, "y"));
  const Quantized q = MakeInteger(b.Build());
  for (const char* name : {"p", "t", "y"}) CHECK(q.Params(name) == q.Params("x/int8"));
}

TEST_CASE("Some results have the parameters that TFLite fixes", "[quantization]") {
  const auto result = [](const Operator& op) {
    GraphBuilder b;
    return MakeInteger(b.Output(b.Emit(op, {b.Input("x", {2, 8})}, "y")).Build()).Params("y");
  };
  CHECK(result(Softmax{}) == PerLayer(1.0F / 256, -128));
  CHECK(result(Logistic{}) == PerLayer(1.0F / 256, -128));
  CHECK(result(Tanh{}) == PerLayer(1.0F / 128, 0));
}

/// p and q, computed with ranges of the given reach, concatenated.
Graph Joined(bool read_elsewhere = false) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  const TensorId p = b.Emit(Relu{}, {x}, "p");
  const TensorId q = b.Emit(Abs{}, {x}, "q");
  b.Output(b.Emit(Concat{1}, {p, q}, "joined"));
  if (read_elsewhere) b.Output(b.Emit(Tanh{}, {q}, "other"));
  return b.Build();
}

Ranges JoinedRanges(const Graph& graph, float p, float q) {
  Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{0, std::max(p, q)});
  ranges[static_cast<size_t>(graph.FindTensor("p"))] = Range{0, p};
  ranges[static_cast<size_t>(graph.FindTensor("q"))] = Range{0, q};
  return ranges;
}

TEST_CASE("Whoever feeds only a Concat rescales to its parameters", "[quantization]") {
  const Graph graph = Joined();
  const Quantized q = MakeIntegerOn(graph, JoinedRanges(graph, 1, 4));
  CHECK(q.Kinds() == "Quantize Relu Abs Concat Dequantize");
  CHECK(q.Params("p") == Int8Params({0, 4}));
  CHECK(q.Params("q") == Int8Params({0, 4}));
}

TEST_CASE("A tensor with other readers is requantized for the Concat", "[quantization]") {
  const Graph graph = Joined(true);
  const Quantized q = MakeIntegerOn(graph, JoinedRanges(graph, 4, 1));
  CHECK(q.Params("q") == Int8Params({0, 1}));
  CHECK(q.Params("q/requantized") == Int8Params({0, 4}));
  CHECK(q.Kinds() == "Quantize Relu Abs Quantize Concat Tanh Dequantize Dequantize");
}

TEST_CASE("A Concat of ranges more than 16 times apart is warned of", "[quantization]") {
  const Graph graph = Joined();
  const auto warnings = [&](float p, float q) {
    return MakeIntegerOn(graph, JoinedRanges(graph, p, q)).report.warnings;
  };
  CHECK(warnings(1, 15.9F).empty());
  CHECK(warnings(15.9F, 1).empty());
  REQUIRE(warnings(1, 20).size() == 1);
  CHECK(warnings(1, 20)[0].find("node 'joined' (Concat)") == 0);
  CHECK(warnings(1, 20)[0].find("differ by 20x") != std::string::npos);
}

TEST_CASE("A fixed result is requantized for the Concat that wants its own", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  b.Output(b.Emit(Concat{1}, {b.Emit(Softmax{}, {x}, "p"), b.Emit(Relu{}, {x}, "q")}, "y"));
  const Graph graph = b.Build();
  const Quantized q = MakeIntegerOn(graph, JoinedRanges(graph, 1, 8));
  CHECK(q.Params("p") == PerLayer(1.0F / 256, -128));
  CHECK(q.Params("p/requantized") == Int8Params({0, 8}));
}

TEST_CASE("A tensor concatenated with itself is converted once", "[quantization]") {
  GraphBuilder b;
  const TensorId p = b.Emit(Relu{}, {b.Input("x", {1, 4})}, "p");
  const Quantized q = MakeInteger(b.Output(b.Emit(Concat{0}, {p, p}, "y")).Build());
  CHECK(q.Kinds() == "Quantize Relu Concat Dequantize");
}

}  // namespace
}  // namespace qconvert
