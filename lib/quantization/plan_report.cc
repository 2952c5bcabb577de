#include "lib/quantization/plan_report.h"

namespace qconvert {
namespace {

void NoteNode(const Node& node, const NodePlan& plan, QuantizationReport& report) {
  const WeightPrecision weights = plan.precision.weights;
  if (plan.is_integer() || weights != WeightPrecision::kFloat32) ++report.integer_nodes;
  if (plan.precision.activations == ActivationPrecision::kInt16) ++report.wide_nodes;
  if (plan.extension) report.extensions.push_back(node.name);
  if (plan.asked.weights == WeightPrecision::kInt4 && weights == WeightPrecision::kInt8) {
    report.eight_bit.push_back(node.name);
  }
}

}  // namespace

QuantizationReport ReportOf(const Graph& graph, const QuantizationPlan& plan) {
  const bool mostly_integer = AreInteger(plan.otherwise.activations);
  QuantizationReport report;
  report.warnings = plan.warnings;
  for (const Node& node : graph.nodes()) {
    const NodePlan* found = plan.Find(node);
    if (found == nullptr) continue;
    NoteNode(node, *found, report);
    if (!mostly_integer || found->is_integer()) continue;
    report.float_nodes.push_back({node.name, std::string(node.kind()), found->reason});
  }
  return report;
}

}  // namespace qconvert
