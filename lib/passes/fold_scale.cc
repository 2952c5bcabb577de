// Folds a number into the weights of the product that it multiplies, over moves and a second
// product.
//
//     q = FullyConnected {W, b} -> Transpose -> Mul c     =>  FullyConnected {c W, c b} ->
//     Transpose FullyConnected {W} -> .. -> BatchMatMul k -> Mul c  =>  FullyConnected {c W} -> ..
//     ->
//                                                             BatchMatMul k
//
// Attention scales its scores so, or its queries, and the scores are the largest tensors of a
// transformer. Each tensor on the way has one reader. Columns of a product are not scaled by
// themselves, because integers have one scale for all: queries that share it with keys and values,
// and become eight times smaller, would lose three bits.
#include "lib/passes/linear.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr int kMostSteps = 16;  // no exporter writes longer; hostile models do

/// Returns the product that computes `id`, or what is moved to it; null when there is none.
Node* FindProduct(Graph& graph, TensorId id, int most_steps = kMostSteps) {
  Node* node = graph.Producer(id);
  const bool alone = graph.SoleConsumer(id) != nullptr && graph.grids.count(id) == 0;
  if (node == nullptr || !alone || most_steps == 0) return nullptr;
  if (node->Is<Reshape>() || node->Is<Transpose>() || node->Is<BatchMatMul>()) {
    return FindProduct(graph, node->input(0), most_steps - 1);
  }
  return FoldableProducer(graph, id);
}

bool MayVanish(const Graph& graph, const Node& node) {
  return node.Is<Mul>() && FusedActivation(node.op) == Activation::kNone &&
         !graph.IsOutput(node.output()) && graph.grids.count(node.output()) == 0;
}

void FoldNode(Graph& graph, Node& node) {
  if (!MayVanish(graph, node)) return;
  for (size_t i = 0; i < 2; ++i) {
    const auto number = ScalarValue(graph, node.input(i));
    const TensorId x = node.input(1 - i);
    const bool keeps_shape = graph.tensor(x).shape == graph.tensor(node.output()).shape;
    if (!number || *number == 0 || !keeps_shape) continue;
    Node* product = FindProduct(graph, x);
    if (product == nullptr) continue;
    const auto channels = static_cast<size_t>(OutputChannels(graph, *product));
    ScaleAndShift(graph, *product, std::vector(channels, *number), std::vector(channels, 0.0F));
    return graph.Replace(node, x);
  }
}

}  // namespace

void FoldScale(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FoldNode(graph, node); });
}

}  // namespace qconvert
