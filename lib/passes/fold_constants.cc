// Evaluates nodes whose operands are all constants.
//
//     2 -> Add -> y                5 (constant y)
//     3 ----^                  =>
//
// A node that would make much of little (a BroadcastTo, a Tile) stays: the file would grow.
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr size_t kMostGrownBytes = size_t{1} << 20;

bool IsFoldable(const Tensor& operand) { return operand.is_constant() && !operand.quant; }

bool IsFoldable(const Graph& graph, const Node& node) {
  int64_t operand_elements = 0, result_elements = 0;
  size_t result_bytes = 0;
  for (TensorId id : node.inputs()) {
    if (id == kNoTensor) continue;
    if (!IsFoldable(graph.tensor(id))) return false;
    operand_elements += graph.tensor(id).elements();
  }
  for (TensorId id : node.outputs()) {
    if (graph.tensor(id).quant) return false;
    result_elements += graph.tensor(id).elements();
    result_bytes += graph.tensor(id).bytes();
  }
  return result_elements <= operand_elements || result_bytes <= kMostGrownBytes;
}

}  // namespace

void FoldConstants(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (IsFoldable(graph, node)) Evaluate(graph, node);
  });
}

}  // namespace qconvert
