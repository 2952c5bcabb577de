// Computes the real weights of a weights-only file once, when it is loaded.
//
//     w (int8) -> Dequantize -> w' -> Conv2D        w' (float32 constant) -> Conv2D
//                               x -----^        =>                  x -----^
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {

void DequantizeConstants(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Dequantize>() && graph.tensor(node.input(0)).is_constant()) Evaluate(graph, node);
  });
}

}  // namespace qconvert
