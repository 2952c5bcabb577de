// Evaluates nodes whose operands are all constants.
//
//     2 -> Add -> y                5 (constant y)
//     3 ----^                  =>
//
// A node that would make much of little (a BroadcastTo, a Tile) stays: the file would grow.
#include <algorithm>

#include "lib/ops/fold.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr size_t kMostGrownBytes = size_t{1} << 20;

bool IsFoldable(const Tensor& operand) { return operand.is_constant() && !operand.quant; }

void FoldNode(Graph& graph, Node& node) {
  std::vector<const Tensor*> operands;
  size_t operand_bytes = 0, result_bytes = 0;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
    if (id == kNoTensor) continue;
    if (!IsFoldable(*operands.back())) return;
    operand_bytes += operands.back()->bytes();
  }
  for (TensorId id : node.outputs()) {
    if (graph.tensor(id).quant) return;
    result_bytes += graph.tensor(id).bytes();
  }
  if (result_bytes > operand_bytes && result_bytes > kMostGrownBytes) return;

  std::vector<Tensor> results;
  for (TensorId id : node.outputs()) results.push_back(graph.tensor(id));
  EvaluateConstants(node, operands, results);
  for (size_t i = 0; i < results.size(); ++i) {
    const TensorId constant = graph.AddTensor(std::move(results[i]));
    graph.SwapNames(constant, node.outputs()[i]);
    graph.ReplaceUses(node.outputs()[i], constant);
  }
  graph.Remove(node);
}

}  // namespace

void FoldConstants(Graph& graph) {
  ForEachNode(graph, [&](Node& node) { FoldNode(graph, node); });
}

}  // namespace qconvert
