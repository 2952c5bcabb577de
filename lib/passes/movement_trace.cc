#include "lib/passes/movement_trace.h"

#include <algorithm>
#include <utility>

namespace qconvert {
namespace {

Movement None(const Tensor& tensor) {
  return tensor.elements() > 0 ? Movement(tensor.shape) : Movement({});
}

}  // namespace

MovementTrace::MovementTrace(const Graph& graph) {
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    origins_.push_back({id, None(graph.tensor(id))});
  }
  for (const Node& node : graph.nodes()) {
    if (!node.Is<Reshape>() && !node.Is<Transpose>()) continue;
    if (graph.tensor(node.output()).elements() == 0) continue;
    Origin origin = (*this)[node.input(0)];
    if (origin.movement.Append(node.op)) {
      origins_[static_cast<size_t>(node.output())] = std::move(origin);
    }
  }
}

std::vector<Node*> MovementTrace::Readers(const Graph& graph, TensorId id) const {
  std::vector<Node*> readers = graph.Consumers(id);
  const auto only_moves = [&](const Node* node) { return IsMoved(node->output()); };
  readers.erase(std::remove_if(readers.begin(), readers.end(), only_moves), readers.end());
  return readers;
}

bool MovementTrace::HoldsAllOfRoot(const Graph& graph, TensorId id) const {
  const TensorId root = (*this)[id].root;
  while (id != root) {
    id = graph.Producer(id)->input(0);
    if (graph.SoleConsumer(id) == nullptr) return false;
  }
  return true;
}

}  // namespace qconvert
