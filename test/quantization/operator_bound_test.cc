// Every integer operator stays within what rounding its operands and its result can cost.
#include <algorithm>
#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

// Inputs lie in [-1, 1), those of functions that want it in [0.5, 2); weights in [-1, 1).
constexpr double kMost = 1;

bool WantsPositive(const Node& node) {
  return node.Is<Log>() || node.Is<Sqrt>() || node.Is<Rsqrt>();
}

/// Returns how many products one result adds up; 0 when it adds none.
int64_t ProductsOf(const Graph& graph) {
  const Node& node = OnlyNode(graph);
  if (!node.has_input(1)) return 0;
  const Shape& other = graph.tensor(node.input(1)).shape;
  if (node.Is<BatchMatMul>()) return 4;
  if (node.Is<FullyConnected>()) return other[1];
  if (node.Is<DepthwiseConv2D>()) return other[1] * other[2];
  if (node.Is<Conv2D>() || node.Is<TransposeConv2D>()) return other[1] * other[2] * other[3];
  return 0;
}

/// How far the result moves when an operand moves by 1 everywhere (Lipschitz constants of the
/// largest difference). What is not listed selects, averages or adds: 1.
double SlopeOf(const Graph& graph) {
  static const std::map<std::string_view, double> slopes = {
      {"Mul", kMost},
      {"SquaredDifference", 4 * kMost},
      {"HardSwish", 1.5},
      {"Gelu", 1.13},
      {"Exp", std::exp(1)},
      {"Log", 2},
      {"Rsqrt", 0.5 * std::pow(0.5, -1.5)},
      {"Logistic", 0.25},
      {"Softmax", 0.5},
  };
  const int64_t products = ProductsOf(graph);
  if (products > 0) return static_cast<double>(products) * kMost;
  const auto found = slopes.find(OnlyNode(graph).kind());
  return found == slopes.end() ? 1 : found->second;
}

double StepOf(const std::optional<Range>& range) {
  return (double{range->max} - double{range->min}) / 255;
}

/// Returns the largest step among the operands' and the result's own ranges: where parameters are
/// shared, the wider one counts for all.
double WidestStep(const Graph& graph, const Ranges& ranges) {
  double widest = 0;
  for (const auto& range : ranges) widest = range ? std::max(widest, StepOf(range)) : widest;
  for (TensorId id : OnlyNode(graph).inputs()) {
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant() || !tensor.is_float()) continue;
    widest = std::max(widest, StepOf(RelaxToZero(RangeOf(tensor.Values<float>()))));
  }
  return widest;
}

/// Half a step for each rounded operand, times the slope; one step for the result, whose
/// requantization may be half a step off itself; and products of two errors.
double BoundOf(const Graph& graph, const Ranges& ranges) {
  const Node& node = OnlyNode(graph);
  const OperandRule& result = OpOf(node).quant.result;
  const double step = WidestStep(graph, ranges);
  double bound = result.kind == OperandRule::kFixed ? double{result.int8.scale} : step;
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const Tensor& operand = graph.tensor(node.input(i));
    const OperandRule::Kind rule = OpOf(node).quant.Operand(i).kind;
    const double operand_step = rule == OperandRule::kWeight ? 2.0 / 254 : step;
    // A bias has far finer steps.
    if (operand.is_float() && rule != OperandRule::kBias)
      bound += SlopeOf(graph) * (1 + step) * operand_step / 2;
  }
  return bound;
}

TEST_CASE("Integer operators stay within the rounding of operands and result", "[quantization]") {
  size_t count = 0;
  for (const OperatorCase& c : OperatorCases()) {
    const Node& node = OnlyNode(c.graph);
    const auto kind = OpOf(node).quant.result.kind;
    if (!HasInt8Form(c.graph) || kind == OperandRule::kUnchanged) continue;
    const float least = WantsPositive(node) ? 0.5F : -1, most = WantsPositive(node) ? 2 : 1;
    const std::vector<Tensor> inputs = RandomInputs(c.graph, 3, least, most);
    const Ranges ranges = RangesOn(c.graph, inputs);
    const Quantized q = MakeIntegerOn(c.graph, ranges);
    INFO(node.kind() << " " << c.label);
    REQUIRE(q.report.integer_nodes == 1);
    const std::vector<Tensor> real = RunReference(c.graph, inputs);
    const std::vector<Tensor> integer = RunReference(q.graph, inputs);
    for (size_t i = 0; i < real.size(); ++i) {
      CHECK_THAT(ToVector<float>(integer[i]),
                 WithinError(ToVector<float>(real[i]), BoundOf(c.graph, ranges)));
    }
    ++count;
  }
  CHECK(count >= 60);
}

}  // namespace
}  // namespace qconvert
