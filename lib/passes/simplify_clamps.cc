// Writes every clamp of a tensor between numbers in one way, and two in a row as one.
//
//     x -> Maximum 0 -> Minimum 6 -> y        x -> Relu6 -> y
//                                         =>
//     clip(clip(x, l, h), l', h') = clip(x, clip(l, l', h'), clip(h, l', h'))
#include <algorithm>

#include "lib/ops/relu.h"
#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

float Apply(const Range& ends, float x) { return std::min(std::max(x, ends.min), ends.max); }

void SimplifyNode(Graph& graph, Node& node) {
  if (!graph.tensor(node.output()).is_float()) return;
  auto outer = AsClamp(graph, node);
  if (!outer) return;
  Node* producer = graph.Producer(outer->x);
  const auto inner = producer == nullptr ? std::nullopt : AsClamp(graph, *producer);
  if (inner && graph.SoleConsumer(outer->x) == &node) {
    outer->x = inner->x;
    outer->ends = {Apply(outer->ends, inner->ends.min), Apply(outer->ends, inner->ends.max)};
  }
  node.op = ClampOperator(outer->ends);
  graph.SetInputs(node, {outer->x});
  if (inner && !graph.IsUsed(producer->output())) graph.Remove(*producer);
}

}  // namespace

void SimplifyClamps(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { SimplifyNode(graph, node); });
}

}  // namespace qconvert
