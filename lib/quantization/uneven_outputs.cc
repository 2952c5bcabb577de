#include "lib/quantization/uneven_outputs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

constexpr float kUneven = 16;  // four of eight bits are then left for the narrower operand

/// Walks from the outputs back to where their values are computed.
class Walk {
 public:
  Walk(const Graph& graph, const Ranges& ranges) : graph_(graph), ranges_(ranges) {}

  /// Returns whether an uneven join lies behind a tensor. Notes it and what passes it on.
  bool Visit(TensorId id) {
    const Node* node = graph_.Producer(id);
    if (node == nullptr || !(node->Is<Concat>() || Moves(*node))) return false;
    bool uneven = node->Is<Concat>() && IsUneven(*node);
    for (TensorId operand : node->inputs()) {
      if (operand != kNoTensor && Visit(operand)) uneven = true;
    }
    if (uneven) found_.insert(node);
    return uneven;
  }

  std::set<const Node*> Found() && { return std::move(found_); }

 private:
  /// Returns whether a node's result holds the values of its first operand, and no others.
  static bool Moves(const Node& node) {
    const OperandRule& result = OpOf(node).quant.result;
    return node.outputs().size() == 1 && result.kind == OperandRule::kSameAs && result.index == 0 &&
           !OpOf(node).multiply_adds && !node.Is<Pad>();
  }

  bool IsUneven(const Node& join) const {
    float narrowest = HUGE_VALF, widest = 0;
    for (TensorId operand : join.inputs()) {
      const auto& range = ranges_[static_cast<size_t>(operand)];
      const float width = range ? range->max - range->min : 0;
      if (width == 0) continue;  // constants, and what is always 0
      narrowest = std::min(narrowest, width);
      widest = std::max(widest, width);
    }
    return widest > kUneven * narrowest;
  }

  const Graph& graph_;
  const Ranges& ranges_;
  std::set<const Node*> found_;
};

}  // namespace

std::set<const Node*> FindUnevenOutputs(const Graph& graph, const Ranges& ranges) {
  Walk walk(graph, ranges);
  for (TensorId id : graph.outputs) walk.Visit(id);
  return std::move(walk).Found();
}

}  // namespace qconvert
