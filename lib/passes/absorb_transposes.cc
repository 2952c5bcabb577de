// Lets matrix products read what a Transpose would have moved.
//
//     x [1,H,W,C] -> Transpose {0,3,1,2} -> Reshape [1,CHW] -> FullyConnected {W}
//  => x [1,H,W,C] -> Reshape [1,HWC] -> FullyConnected {W, columns permuted}
//
//     b [..,N,K] -> Transpose {..,last two swapped} -> BatchMatMul     b -> BatchMatMul
//     {transpose_b}
//                                                                  =>
#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/passes/movement_trace.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

void AbsorbIntoWeights(Graph& graph, Node& node, const Origin& origin) {
  const TensorId weights = node.input(1);
  if (!graph.tensor(weights).is_constant() || origin.movement.KeepsOrder()) return;
  const auto columns = origin.movement.UndoneInColumns(graph.tensor(weights).shape[0]);
  if (!columns) return;
  const std::string name = graph.tensor(weights).name + "/nhwc";
  TensorId permuted = weights;
  for (const Operator& op : columns->Operators()) {
    permuted = EmitBefore(graph, node, op, {permuted}, name + "/step");
  }
  graph.Rename(permuted, name);
  graph.SetInput(node, 1, permuted);
  const Shape& shape = origin.movement.output_shape();
  const TensorId flat = EmitBefore(graph, node, Reshape{shape}, {origin.root},
                                   graph.tensor(node.input(0)).name + "/nhwc");
  graph.SetInput(node, 0, flat);
}

/// Returns whether a chain only swaps the last two axes.
bool SwapsLastTwo(const Movement& movement) {
  const std::vector<Operator> operators = movement.Operators();
  const auto* transpose = operators.size() == 1 ? std::get_if<Transpose>(&operators[0]) : nullptr;
  if (transpose == nullptr) return false;
  Permutation swapped(transpose->perm.size());
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped.end()[-1], swapped.end()[-2]);
  return transpose->perm == swapped;
}

void AbsorbIntoProduct(Graph& graph, Node& node, const MovementTrace& trace) {
  for (size_t i = 0; i < 2; ++i) {
    const TensorId operand = node.input(i);
    if (!trace.IsMoved(operand) || !SwapsLastTwo(trace[operand].movement)) continue;
    auto& product = *node.As<BatchMatMul>();
    bool& flag = i == 0 ? product.transpose_a : product.transpose_b;
    flag = !flag;
    graph.SetInput(node, i, trace[operand].root);
  }
}

}  // namespace

void AbsorbTransposes(Graph& graph) {
  const MovementTrace trace(graph);
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
