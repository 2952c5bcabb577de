// Lets matrix products read what a Transpose would have moved, or compute what it would give.
//
//     x [1,H,W,C] -> Transpose {0,3,1,2} -> Reshape [1,CHW] -> FullyConnected {W}
//  => x [1,H,W,C] -> Reshape [1,HWC] -> FullyConnected {W, columns permuted}
//
//     b [..,N,K] -> Transpose {..,last two swapped} -> BatchMatMul  =>  b -> BatchMatMul
//                                                                       {transpose_b}
//     FullyConnected {W} -> Reshape [1,C,H,W] -> Transpose {0,2,3,1} -> y
//  => FullyConnected {W, rows permuted} -> Reshape [1,H,W,C] -> y
//
//     k [N,H,D] -> Transpose {1,2,0} -> BatchMatMul  =>  k -> Transpose {1,0,2} -> BatchMatMul
//                                                        {transpose_b}
#include <compare>
#include <numeric>
#include <utility>

#include "lib/passes/channel_order.h"
#include "lib/passes/movement_trace.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Emits a chain of moves before `place`; its result gets `name`.
TensorId EmitChain(Graph& graph, const Node& place, TensorId from,
                   const std::vector<Operator>& chain, const std::string& name) {
  for (const Operator& op : chain) from = EmitBefore(graph, place, op, {from}, name + "/step");
  if (!chain.empty()) graph.Rename(from, name);
  return from;
}

void AbsorbIntoWeights(Graph& graph, Node& node, const Origin& origin) {
  const TensorId weights = node.input(1);
  if (!graph.tensor(weights).is_constant() || origin.movement.KeepsOrder()) return;
  const auto columns = origin.movement.UndoneInColumns(graph.tensor(weights).shape[0]);
  if (!columns) return;
  const std::string name = graph.tensor(weights).name + "/nhwc";
  graph.SetInput(node, 1, EmitChain(graph, node, weights, columns->Operators(), name));
  const Shape& shape = origin.movement.output_shape();
  const TensorId flat = EmitBefore(graph, node, Reshape{shape}, {origin.root},
                                   graph.tensor(node.input(0)).name + "/nhwc");
  graph.SetInput(node, 0, flat);
}

/// What a chain of moves costs, the most expensive first. A Transpose that leaves the last axis in
/// its place copies rows instead of elements.
struct MovePrice {
  int64_t transposes = 0, scattering = 0, reshapes = 0;
  auto operator<=>(const MovePrice&) const = default;
};

MovePrice PriceOf(const std::vector<Operator>& chain) {
  MovePrice price;
  for (const Operator& op : chain) {
    if (const auto* transpose = std::get_if<Transpose>(&op)) {
      ++price.transposes;
      price.scattering += transpose->perm.back() + 1 != static_cast<int>(transpose->perm.size());
    } else {
      ++price.reshapes;
    }
  }
  return price;
}

/// Returns the chain that leaves the last two axes as they were before `movement` swapped them.
std::vector<Operator> Unswapped(Movement movement) {
  Permutation swapped(movement.output_shape().size());
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped.end()[-1], swapped.end()[-2]);
  movement.AppendTranspose(swapped);
  return movement.Operators();
}

/// A product of LiteRT transposes its first operand itself, and its second one unless it is told
/// that it is transposed.
void AbsorbIntoProduct(Graph& graph, Node& node, const MovementTrace& trace) {
  for (size_t i = 0; i < 2; ++i) {
    const TensorId operand = node.input(i);
    if (!trace.IsMoved(operand)) continue;
    const Origin& origin = trace[operand];
    const std::vector<Operator> chain = Unswapped(origin.movement);
    const MovePrice before = PriceOf(origin.movement.Operators()), after = PriceOf(chain);
    if (after >= before || (i == 0 && after.transposes > 0)) continue;
    auto& product = *node.As<BatchMatMul>();
    bool& flag = i == 0 ? product.transpose_a : product.transpose_b;
    flag = !flag;
    const std::string name = graph.tensor(operand).name + "/unswapped";
    graph.SetInput(node, i, EmitChain(graph, node, origin.root, chain, name));
  }
}

/// A chain that moves nothing but the columns that a product computed.
void AbsorbIntoProducer(Graph& graph, TensorId id, const MovementTrace& trace) {
  const Origin& origin = trace[id];
  if (origin.movement.KeepsOrder() || !trace.HoldsAllOfRoot(graph, id)) return;
  const auto columns = origin.movement.Reversed().UndoneInColumns(1);
  Node* producer = ReorderableProducer(graph, origin.root, false);
  if (!columns || producer == nullptr) return;
  ReorderOutputs(graph, *producer, columns->Sources());
  const TensorId moved = EmitBefore(graph, *graph.Producer(id), Reshape{graph.tensor(id).shape},
                                    {origin.root}, graph.tensor(id).name + "/reshaped");
  graph.SwapNames(moved, id);
  graph.ReplaceUses(id, moved);
}

}  // namespace

void AbsorbTransposes(Graph& graph) {
  const MovementTrace trace(graph);
  for (TensorId id = 0, count = graph.tensor_count(); id < count; ++id) {
    const bool ends = trace.IsMoved(id) && !trace.Readers(graph, id).empty();
    if (ends) AbsorbIntoProducer(graph, id, trace);
  }
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<FullyConnected>() && trace.IsMoved(node.input(0))) {
      AbsorbIntoWeights(graph, node, trace[node.input(0)]);
    } else if (node.Is<BatchMatMul>()) {
      AbsorbIntoProduct(graph, node, trace);
    }
  });
  FoldConstants(graph);
  MergeMovements(graph);
}

}  // namespace qconvert
