#include "lib/tflite/node_view.h"

namespace qconvert {

NodeView::NodeView(const Graph& graph, const Node& node) : graph_(graph), node_(node) {
  for (TensorId id : node.inputs()) {
    if (id != kNoTensor) operands_.push_back(&graph.tensor(id));
  }
  for (TensorId id : node.outputs()) results_.push_back(&graph.tensor(id));
}

std::vector<const Tensor*> NodeView::Tensors() const {
  std::vector<const Tensor*> tensors = operands_;
  tensors.insert(tensors.end(), results_.begin(), results_.end());
  return tensors;
}

Shape NodeView::Spatial() const {
  Shape shape = operand().shape;
  if (shape.size() < 3) shape.insert(shape.begin(), 3 - shape.size(), 1);
  return shape;
}

bool NodeView::IsKnown(TensorId id) const {
  if (graph_.tensor(id).is_constant()) return true;
  const Node* producer = graph_.Producer(id);
  if (producer == nullptr || !producer->Is<Dequantize>()) return false;
  const Tensor& stored = graph_.tensor(producer->input(0));
  return stored.is_constant() && stored.type != ElementType::kInt4;
}

}  // namespace qconvert
