#include "lib/quantization/plan.h"

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/ops/op.h"
#include "lib/quantization/integer_rules.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/plan_report.h"
#include "lib/quantization/weight_rules.h"

namespace qconvert {
namespace {

/// Returns why no kernel computes with what a node was asked to; empty when one does.
std::string_view WhyNoKernel(const Graph& graph, const Node& node, const NodePrecision& asked) {
  if (asked.activations == ActivationPrecision::kDynamic) {
    const bool other = WeightOperand(graph, node) && asked.weights != WeightPrecision::kInt8;
    return other ? "activations rounded at run time; give it 8-bit weights" : "";
  }
  const bool wide = asked.activations == ActivationPrecision::kInt16;
  if (WeightOperand(graph, node)) {
    if (!AreInteger(asked.weights)) {
      return "integer activations with float weights; give it float activations";
    }
    if (wide && asked.weights == WeightPrecision::kInt4) {
      return "int16 activations with 4-bit weights; give it 8-bit weights";
    }
  }
  return "";
}

void RefuseWithoutKernel(const Graph& graph, const QuantizationPlan& plan) {
  std::string list;
  for (const Node& node : graph.nodes()) {
    const NodePlan* found = plan.Find(node);
    if (found == nullptr || !(found->is_integer() || found->asks_dynamic())) continue;
    const std::string_view why = WhyNoKernel(graph, node, found->asked);
    if (!why.empty()) list += fmt::format("\n  node '{}' ({}): {}", node.name, node.kind(), why);
  }
  if (!list.empty()) Fail(ErrorKind::kUnsupported, "there is no kernel for what is asked:" + list);
}

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
void PlanInputsAndOutputs(const Graph& graph, const ActivationRanges& ranges,
                          QuantizationPlan& plan) {
  if (plan.io == IoType::kFloat32) return;
  const ElementType type = IntegerType(plan.io);
  for (const auto* ids : {&graph.inputs, &graph.outputs}) {
    for (TensorId id : *ids) {
      auto& params = plan.tensors[static_cast<size_t>(id)].Of(type);
      if (!graph.tensor(id).is_float() || params) continue;
      params = GridOf(graph, id, type);
      if (params) continue;
      params = ParamsOfRange(ObservedRangeOf(graph, ranges.Of(type), id), type);
    }
  }
}

}  // namespace

QuantizationPlan Plan(const Graph& graph, const ActivationRanges& ranges,
                      const PrecisionPlan& precision, const PlanOptions& options) {
  QuantizationPlan plan = PlanActivations(graph, ranges, precision);
  RefuseWithoutKernel(graph, plan);
  PlanWeights(graph, options, plan);
  plan.io = options.io;
  plan.codebook_size = options.codebook_size;
  PlanInputsAndOutputs(graph, ranges, plan);
  if (options.strict) RefuseFloatNodes(graph, plan);
  return plan;
}

}  // namespace qconvert
