// Lets the producer clamp its result.
//
//     x -> Conv2D -> Relu6 -> y        x -> Conv2D {relu6} -> y
//     a, b -> Add -> Relu -> y     =>  a, b -> Add {relu} -> y
//
// In integers the result is then rounded once, with a scale that fits what is left of it; nothing
// is observed or rounded between an Add and its Relu.
#include "lib/passes/clamp.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

void FuseNode(Graph& graph, Node& node) {
  const auto clamp = AsClamp(graph, node);
  if (!clamp) return;
  const auto activation = ActivationWithin(clamp->ends);
  Node* producer = graph.Producer(clamp->x);
  if (!activation || producer == nullptr || graph.SoleConsumer(clamp->x) != &node) return;
  Activation* fused = FusedActivation(producer->op);
  if (fused == nullptr || *fused != Activation::kNone) return;
  *fused = *activation;
  const auto grid = graph.grids.find(producer->output());  // it holds what the clamp leaves, too
  if (grid != graph.grids.end()) graph.grids.try_emplace(node.output(), grid->second);
  Absorb(graph, *producer, node);
}

}  // namespace

void FuseActivations(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FuseNode(graph, node); });
}

}  // namespace qconvert
