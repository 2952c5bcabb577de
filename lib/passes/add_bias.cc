// Gives every convolution a bias.
//
//     x, w -> Conv2D          x, w, 0 -> Conv2D
//                         =>
//
// The integer kernels of TFLite demand one. A FullyConnected does without.
#include "lib/passes/linear.h"
#include "lib/passes/passes.h"

namespace qconvert {

void AddBias(Graph& graph) {
  for (Node& node : graph.nodes()) {
    if (!node.Is<FullyConnected>() && OutputChannelAxis(graph, node) >= 0) EnsureBias(graph, node);
  }
}

}  // namespace qconvert
