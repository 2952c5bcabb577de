#include "lib/quantization/precision_plan.h"

#include "lib/quantization/node_pattern.h"
#include "lib/quantization/weight_rules.h"

namespace qconvert {

void KeepFloat(const Graph& graph, const std::string& pattern, PrecisionPlan& plan) {
  const NodePattern excluded("--exclude", pattern);
  for (const Node& node : graph.nodes()) {
    if (excluded.Names(node)) plan.exceptions[node.name] = {kFloatNode, "named by --exclude"};
  }
}

namespace {

bool HasWeights(const Graph& graph, const Node& node) {
  return WeightOperand(graph, node).has_value();
}

/// Returns, by tensor, whether some layer comes before it.
std::vector<bool> BehindLayers(const Graph& graph) {
  std::vector<bool> behind(static_cast<size_t>(graph.tensor_count()));
  for (const Node& node : graph.nodes()) {
    bool is = HasWeights(graph, node);
    for (TensorId id : node.inputs())
      is = is || (id != kNoTensor && behind[static_cast<size_t>(id)]);
    for (TensorId id : node.outputs()) behind[static_cast<size_t>(id)] = is;
  }
  return behind;
}

/// Returns, by tensor, whether some layer reads it or what is made of it.
std::vector<bool> BeforeLayers(const Graph& graph) {
  std::vector<bool> before(static_cast<size_t>(graph.tensor_count()));
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    bool is = HasWeights(graph, *node);
    for (TensorId id : node->outputs()) is = is || before[static_cast<size_t>(id)];
    for (TensorId id : node->inputs()) {
      if (id != kNoTensor && is) before[static_cast<size_t>(id)] = true;
    }
  }
  return before;
}

}  // namespace

void KeepOuterLayers8Bit(const Graph& graph, PrecisionPlan& plan) {
  const std::vector<bool> behind = BehindLayers(graph), before = BeforeLayers(graph);
  const NodePrecision precision{WeightPrecision::kInt8, plan.otherwise.activations};
  for (const Node& node : graph.nodes()) {
    if (!HasWeights(graph, node) || plan.exceptions.count(node.name) > 0) continue;
    const bool first = !behind[static_cast<size_t>(node.input(0))];
    const bool last = !before[static_cast<size_t>(node.output())];
    if (first) plan.exceptions[node.name] = {precision, "a first layer keeps 8 bits"};
    if (last) plan.exceptions[node.name] = {precision, "a last layer keeps 8 bits"};
  }
}

}  // namespace qconvert
