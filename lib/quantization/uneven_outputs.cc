#include "lib/quantization/uneven_outputs.h"

#include <algorithm>
#include <cmath>

#include "lib/passes/scores.h"

namespace qconvert {
namespace {

constexpr float kUneven = 16;  // four of eight bits are then left for the narrower operand

/// Returns the outputs and the tensors whose values are moved or joined to them.
std::set<TensorId> TensorsOfOutputs(const Graph& graph) {
  std::set<TensorId> tensors(graph.outputs.begin(), graph.outputs.end());
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (node->outputs().empty() || tensors.count(node->output()) == 0) continue;
    for (size_t i = 0; i < node->inputs().size(); ++i) {
      if (Selects(*node, i)) tensors.insert(node->input(i));
    }
  }
  return tensors;
}

bool JoinsUnevenRanges(const Node& node, const Ranges& ranges) {
  if (!node.Is<Concat>()) return false;
  float narrowest = HUGE_VALF, widest = 0;
  for (TensorId operand : node.inputs()) {
    const auto& range = ranges[static_cast<size_t>(operand)];
    const float width = range ? range->max - range->min : 0;
    if (width == 0) continue;  // constants, and what is always 0
    narrowest = std::min(narrowest, width);
    widest = std::max(widest, width);
  }
  return widest > kUneven * narrowest;
}

}  // namespace

std::set<const Node*> FindUnevenOutputs(const Graph& graph, const Ranges& ranges) {
  const std::set<TensorId> of_outputs = TensorsOfOutputs(graph);
  std::set<const Node*> found;
  for (const Node& node : graph.nodes()) {
    if (node.outputs().empty() || of_outputs.count(node.output()) == 0) continue;
    bool uneven = JoinsUnevenRanges(node, ranges);
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      uneven = uneven || (Selects(node, i) && found.count(graph.Producer(node.input(i))) != 0);
    }
    if (uneven) found.insert(&node);
  }
  return found;
}

}  // namespace qconvert
