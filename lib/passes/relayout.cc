#include "lib/passes/relayout.h"

#include <utility>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

std::vector<const Tensor*> Operands(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> operands;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  return operands;
}

/// Applies an operator's rule: renumbers `op` and says which operands are read in stored form.
/// Returns false when the operator does not follow.
bool Follow(const AxesRule& rule, const std::vector<const Tensor*>& operands, StoredAxes& axes,
            Operator& op) {
  switch (rule.kind) {
    case AxesRule::kFixed:
      return false;
    case AxesRule::kElementwise:
      for (size_t i = 0; i < operands.size(); ++i) {
        axes.operands[i] = operands[i] != nullptr && operands[i]->elements() != 1;
      }
      return true;
    case AxesRule::kLastAxis:
      return axes.order().back() == static_cast<int>(axes.order().size()) - 1;
    case AxesRule::kRenumbered:
      return rule.renumber(operands, axes, op);
  }
  return false;
}

}  // namespace

const LayoutFamily& ChannelsLast() {
  static const LayoutFamily family = {{3, {0, 2, 1}}, {4, {0, 3, 1, 2}}, {5, {0, 4, 1, 2, 3}}};
  return family;
}

std::optional<Relayout> RelayoutNode(const Graph& graph, const Node& node,
                                     const LayoutFamily& family) {
  if (node.inputs().empty()) return {};
  const AxesRule& rule = OpOf(node).axes;
  const TensorId counted = rule.counts_result ? node.output() : node.input(0);
  if (counted == kNoTensor) return {};
  const size_t rank = graph.tensor(counted).rank();
  const auto perm = family.find(rank);
  if (perm == family.end()) return {};
  StoredAxes axes(perm->second, node.inputs().size());
  Operator op = node.op;
  if (!Follow(rule, Operands(graph, node), axes, op)) return {};
  return Relayout{std::move(op),
                  rank,
                  std::move(axes.operands),
                  {node.outputs().size(), std::move(axes.result_order)}};
}

}  // namespace qconvert
