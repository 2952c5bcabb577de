// Lets the producer clamp its result.
//
//     x -> Conv2D -> Relu6 -> y        x -> Conv2D {relu6} -> y
//     a, b -> Add -> Relu -> y     =>  a, b -> Add {relu} -> y
//
// In integers the result is then rounded once, with a scale that fits what is left of it; nothing
// is observed or rounded between an Add and its Relu. Where a quantized model itself saturates the
// producer's result further than the clamp's, both stay.
#include <algorithm>

#include "lib/ops/grid.h"
#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns whether the grid of the clamp's operand cuts off more than a step of what the clamp and
/// the grid of its result leave.
bool SaturatesFirst(const Graph& graph, const ClampOfTensor& clamp, TensorId result) {
  const auto first = graph.grids.find(clamp.x), last = graph.grids.find(result);
  if (first == graph.grids.end() || last == graph.grids.end()) return false;
  const Range held = RangeOfGrid(first->second), kept = RangeOfGrid(last->second);
  const float step = first->second.params.scale();
  return held.min - step > std::max(kept.min, clamp.ends.min) ||
         held.max + step < std::min(kept.max, clamp.ends.max);
}

void FuseNode(Graph& graph, Node& node) {
  const auto clamp = AsClamp(graph, node);
  if (!clamp) return;
  const auto activation = ActivationWithin(clamp->ends);
  Node* producer = graph.Producer(clamp->x);
  if (!activation || producer == nullptr || graph.SoleConsumer(clamp->x) != &node) return;
  Activation* fused = FusedActivation(producer->op);
  if (fused == nullptr || *fused != Activation::kNone) return;
  if (SaturatesFirst(graph, *clamp, node.output())) return;
  *fused = *activation;
  Absorb(graph, *producer, node);
}

}  // namespace

void FuseActivations(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FuseNode(graph, node); });
}

}  // namespace qconvert
