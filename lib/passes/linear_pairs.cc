#include "lib/passes/linear_pairs.h"

#include "lib/ops/op.h"
#include "lib/passes/linear.h"

namespace qconvert {
namespace {

bool IsFirst(const Graph& graph, const Node& node, Caps caps) {
  if (OutputChannelAxis(graph, node) < 0) return false;
  if (node.has_input(2) && !graph.tensor(node.input(2)).is_constant()) return false;
  const Activation activation = FusedActivation(node.op);
  return activation == Activation::kNone || activation == Activation::kRelu ||
         (caps == Caps::kIncluded && activation == Activation::kRelu6);
}

bool IsHomogeneous(const Graph& graph, const Node& node) {
  const HomogeneousFunction homogeneous = OpOf(node).homogeneous;
  return homogeneous != nullptr && homogeneous(node, graph.tensor(node.input(0)));
}

/// Returns the node that reads what `node` computes, and nothing else of it; null when there is
/// none such, or it reads it otherwise than as operand 0.
Node* OnlyReader(const Graph& graph, const Node& node) {
  Node* reader = graph.SoleConsumer(node.output());
  return reader != nullptr && reader->input(0) == node.output() ? reader : nullptr;
}

}  // namespace

std::vector<LinearPair> LinearPairs(Graph& graph, Caps caps) {
  std::vector<LinearPair> pairs;
  for (Node& node : graph.nodes()) {
    if (!IsFirst(graph, node, caps)) continue;
    LinearPair pair{&node, {}, OnlyReader(graph, node)};
    while (pair.second != nullptr && IsHomogeneous(graph, *pair.second)) {
      pair.between.push_back(pair.second);
      pair.second = OnlyReader(graph, *pair.second);
    }
    if (pair.second != nullptr && OutputChannelAxis(graph, *pair.second) >= 0) {
      pairs.push_back(std::move(pair));
    }
  }
  return pairs;
}

}  // namespace qconvert
