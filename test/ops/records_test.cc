// What every record promises, whatever its operator.
#include <limits>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "lib/ops/fold.h"
#include "lib/ops/op.h"
#include "lib/ops/relu.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"
#include "test/support/prepared.h"

namespace qconvert {
namespace {

/// Cases of all operators, with those that have no TFLite form.
std::vector<Graph> AllCases() {
  std::vector<Graph> graphs;
  for (OperatorCase& c : OperatorCases()) graphs.push_back(std::move(c.graph));
  for (const Operator& op : {Operator{Clip{-2, 3}}, Operator{HardSigmoid{0.2F, 0.5F}}}) {
    GraphBuilder b;
    graphs.push_back(b.Output(b.Emit(op, {b.Input("x", {2, 3, 4})})).Build());
  }
  return graphs;
}

TEST_CASE("A record that names a fast float kernel has one for an ordinary case", "[ops]") {
  std::set<std::string_view> prepared;
  for (const Graph& graph : AllCases()) {
    const Node& node = OnlyNode(graph);
    if (OpOf(node).prepare_float == nullptr || IsInteger(graph, node)) continue;
    if (Prepared(graph).kernel != nullptr) prepared.insert(node.kind());
  }
  for (const Op* op : AllOps()) {
    INFO(op->name);
    CHECK((op->prepare_float != nullptr) == (prepared.count(op->name) == 1));
  }
}

TEST_CASE("A record that names a fast int8 kernel has one for an ordinary case", "[ops]") {
  std::set<std::string_view> prepared;
  for (const Graph& graph : AllCases()) {
    const Node& node = OnlyNode(graph);
    if (OpOf(node).prepare_int8 == nullptr) continue;
    const bool converts = IsInteger(graph, node);  // between reals and integers
    if (!converts && !HasInt8Form(graph)) continue;
    if (Prepared(converts ? graph : AsInt8(graph)).kernel != nullptr) prepared.insert(node.kind());
  }
  for (const Op* op : AllOps()) {
    INFO(op->name);
    CHECK((op->prepare_int8 != nullptr) == (prepared.count(op->name) == 1));
  }
}

/// Kernels count on it, and files are damaged.
TEST_CASE("No operator takes more or fewer operands than its record says", "[ops]") {
  for (const Graph& graph : AllCases()) {
    const Node& node = OnlyNode(graph);
    INFO(node.kind());
    const auto [least, most] = OpOf(node).operands;
    const Tensor& operand = graph.tensor(node.input(0));
    const auto refuses = [&](std::vector<const Tensor*> operands) {
      CHECK(ErrorOf([&] { InferOutputs(node, operands); }).kind() == ErrorKind::kUnusable);
    };
    refuses(std::vector<const Tensor*>(least - 1, &operand));
    refuses(std::vector<const Tensor*>(least, nullptr));
    if (most != OperandCount::kAny) refuses(std::vector<const Tensor*>(most + 1, &operand));
  }
}

/// Weights are what 4 bits and zero points are about.
TEST_CASE("Only operators with weights say what their weights may be", "[ops]") {
  for (const Op* op : AllOps()) {
    INFO(op->name);
    const bool weighted = op->quant.Operand(1).kind == OperandRule::kWeight;
    CHECK((weighted || (!op->int4_weights && !op->asymmetric_layer_weights)));
  }
}

TEST_CASE("Clamps are found by their ends, and have them in their records", "[ops]") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::pair<Operator, Range> clamps[] = {{Relu{}, {0, kInfinity}},
                                               {Relu6{}, {0, 6}},
                                               {ReluN1To1{}, {-1, 1}},
                                               {Relu0To1{}, {0, 1}},
                                               {Clip{-2, 3}, {-2, 3}}};
  for (const auto& [op, ends] : clamps) {
    INFO(OperatorName(op));
    REQUIRE(OpOf(op).clamp != nullptr);
    CHECK(OpOf(op).clamp(op) == ends);
    CHECK(OperatorName(ClampOperator(ends)) == OperatorName(op));
  }
  CHECK(OpOf(HardSigmoid{}).clamp == nullptr);
}

}  // namespace
}  // namespace qconvert
