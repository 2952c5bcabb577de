// Removes nodes that give back their operand.
//
//     x -> Transpose {0,1,2,3} -> y -> ...        x -> ...
//     x -> Mul by 1            -> y -> ...    =>
//
// Reshape, Transpose, Cast, BroadcastTo, Pad, Tile, StridedSlice, Concat and Split that change
// nothing; x + 0, x - 0, 1 x, x / 1 where broadcasting does not widen x; Clip between infinities.
#include <algorithm>
#include <cmath>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

bool All(const std::vector<int64_t>& values, int64_t wanted) {
  return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == wanted; });
}

/// Returns whether a node whose result has its first operand's shape leaves the elements in place.
bool KeepsElements(const Graph& graph, const Node& node) {
  if (const auto* transpose = node.As<Transpose>()) {
    return std::is_sorted(transpose->perm.begin(), transpose->perm.end());
  }
  if (const auto* pad = node.As<Pad>()) return All(pad->before, 0) && All(pad->after, 0);
  if (const auto* pad = node.As<MirrorPad>()) return All(pad->before, 0) && All(pad->after, 0);
  if (const auto* tile = node.As<Tile>()) return All(tile->multiples, 1);
  if (const auto* slice = node.As<StridedSlice>()) return All(slice->stride, 1);
  if (const auto* clip = node.As<Clip>()) return clip->min == -INFINITY && clip->max == INFINITY;
  if (node.Is<Concat>()) return node.inputs().size() == 1;
  if (node.Is<Cast>()) {
    return graph.tensor(node.input(0)).type == graph.tensor(node.output()).type;
  }
  return node.Is<Reshape>() || node.Is<BroadcastTo>() || node.Is<Split>();
}

/// Returns the operand that an arithmetic node gives back, or kNoTensor.
TensorId NeutralTo(const Graph& graph, const Node& node) {
  if (FusedActivation(node.op) != Activation::kNone || node.inputs().size() != 2) return kNoTensor;
  const auto left = UniformValue(graph, node.input(0)), right = UniformValue(graph, node.input(1));
  const bool sum = node.Is<Add>(), product = node.Is<Mul>();
  const bool keeps_left =
      ((sum || node.Is<Sub>()) && right == 0.0F) || ((product || node.Is<Div>()) && right == 1.0F);
  if (keeps_left) return node.input(0);
  return (sum && left == 0.0F) || (product && left == 1.0F) ? node.input(1) : kNoTensor;
}

}  // namespace

void DropIdentities(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.outputs().size() != 1 || node.inputs().empty() || node.input(0) == kNoTensor) return;
    const Shape& shape = graph.tensor(node.output()).shape;
    TensorId same = NeutralTo(graph, node);
    if (same == kNoTensor && KeepsElements(graph, node)) same = node.input(0);
    if (same != kNoTensor && graph.tensor(same).shape == shape &&
        graph.tensor(same).quant == graph.tensor(node.output()).quant) {
      graph.Replace(node, same);
    }
  });
}

}  // namespace qconvert
