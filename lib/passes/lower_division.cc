// Multiplies by the reciprocal instead of dividing by a constant.
//
//     x -> Div 6        x -> Mul 1/6
//                   =>
//
// Integer division is slow and missing from older runtimes. Exact but for one rounding.
#include <cmath>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

void LowerNode(Graph& graph, Node& node) {
  const Tensor divisor = graph.tensor(node.input(1));
  if (!divisor.is_constant() || !divisor.is_float()) return;
  std::vector<float> reciprocals;
  for (float value : divisor.Values<float>()) {
    reciprocals.push_back(1 / value);
    if (!std::isnormal(reciprocals.back())) return;
  }
  const TensorId factor =
      AddFloats(graph, divisor.name + "/reciprocal", divisor.shape, std::move(reciprocals));
  node.op = Mul{node.As<Div>()->activation};
  graph.SetInput(node, 1, factor);
}

}  // namespace

void LowerDivision(Graph& graph) {
  for (Node& node : graph.nodes()) {
    if (node.Is<Div>()) LowerNode(graph, node);
  }
}

}  // namespace qconvert
