// Computes the real weights of a weights-only file once, when it is loaded.
//
//     w (int8) -> Dequantize -> w' -> Conv2D        w' (float32 constant) -> Conv2D
//                               x -----^        =>                  x -----^
//
// Weights may also be looked up in a table by their indices: Cast, Add and Gather of constants.
#include <algorithm>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

bool IsReal(const Graph& graph, const Node& node) {
  return std::ranges::none_of(node.inputs(),
                              [&](TensorId id) { return graph.tensor(id).quant.has_value(); }) &&
         !graph.tensor(node.output()).quant;
}

/// Returns whether a node can make real weights of constants.
bool MakesWeights(const Graph& graph, const Node& node) {
  const bool constant = std::ranges::all_of(node.inputs(), [&](TensorId id) {
    return id != kNoTensor && graph.tensor(id).is_constant();
  });
  if (!constant) return false;
  const bool looks_up = node.Is<Cast>() || node.Is<Add>() || node.Is<Gather>();
  return node.Is<Dequantize>() || (looks_up && IsReal(graph, node));
}

}  // namespace

void ComputeWeights(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (MakesWeights(graph, node)) Evaluate(graph, node);
  });
}

}  // namespace qconvert
