#include "lib/quantization/plan.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/quantization/integer_rules.h"
#include "lib/quantization/plan_report.h"
#include "lib/quantization/weight_rules.h"

namespace qconvert {
namespace {

void RefuseFloatNodes(const Graph& graph, const QuantizationPlan& plan) {
  const std::vector<FloatNode> nodes = ReportOf(graph, plan).float_nodes;
  if (nodes.empty()) return;
  std::string list;
  for (const FloatNode& node : nodes) {
    list += fmt::format("\n  node '{}' ({}): {}", node.name, node.kind, node.reason);
  }
  Fail(ErrorKind::kUnsupported, "--strict, but these nodes cannot be integer:" + list);
}

/// Gives the model's float inputs and outputs parameters where no integer node has given any.
void PlanInputsAndOutputs(const Graph& graph, const Ranges& ranges, QuantizationPlan& plan) {
  if (plan.io == IoType::kFloat32) return;
  for (const auto* ids : {&graph.inputs, &graph.outputs}) {
    for (TensorId id : *ids) {
      auto& params = plan.tensors[static_cast<size_t>(id)].int8;
      if (!graph.tensor(id).is_float() || params) continue;
      const auto& range = ranges.at(static_cast<size_t>(id));
      Check(range.has_value(), "no range for " + graph.tensor(id).name);
      params = ParamsOfRange(*range, ElementType::kInt8);
    }
  }
}

}  // namespace

QuantizationPlan Plan(const Graph& graph, const Ranges& ranges, const PrecisionPlan& precision,
                      const PlanOptions& options) {
  QuantizationPlan plan = PlanActivations(graph, ranges, precision);
  PlanWeights(graph, options, plan);
  plan.io = options.io;
  PlanInputsAndOutputs(graph, ranges, plan);
  if (options.strict) RefuseFloatNodes(graph, plan);
  return plan;
}

}  // namespace qconvert
