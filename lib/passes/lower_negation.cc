// Multiplies by -1 instead of negating.
//
//     x -> Neg        x -> Mul -1
//                 =>
//
// TFLite's NEG has no integer kernel. Products also fold into the layers before them.
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {

void LowerNegation(Graph& graph) {
  for (Node& node : graph.nodes()) {
    if (!node.Is<Neg>() || !graph.tensor(node.input(0)).is_float()) continue;
    const TensorId factor = AddFloats(graph, node.origin + "/factor", {}, {-1.0F});
    node.op = Mul{};
    graph.SetInputs(node, {node.input(0), factor});
  }
}

}  // namespace qconvert
