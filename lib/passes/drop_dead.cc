// Removes what nothing reads.
//
//     x -> Relu -> y (an output)            x -> Relu -> y
//     x -> Exp  -> z (nobody reads it)  =>
//
// Constants that lost their readers give their bytes back. Inputs of the model stay.
#include <algorithm>

#include "lib/passes/passes.h"

namespace qconvert {

void DropDead(Graph& graph) {
  const auto is_used = [&](TensorId id) { return graph.IsUsed(id); };
  for (auto at = graph.nodes().end(); at != graph.nodes().begin();) {
    Node& node = *std::prev(at);
    if (std::any_of(node.outputs().begin(), node.outputs().end(), is_used)) {
      --at;
    } else {
      graph.Remove(node);
    }
  }
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    if (!graph.IsUsed(id)) graph.tensor(id).constant.reset();
  }
}

}  // namespace qconvert
