// Counts computed indices from the front, for TFLite's GATHER takes no negative ones, and ONNX's
// does:
//
//   Gather(x, i)  ->  Gather(x, FloorMod(i, n))     n: elements along the axis
//
// Condition: nothing shows that the indices are not negative.
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

/// Returns whether numbers count something, whatever is moved or converted between.
bool IsCount(const Graph& graph, TensorId id) {
  const Node* node = graph.Producer(id);
  while (node != nullptr && (node->Is<Cast>() || node->Is<Reshape>() || node->Is<Transpose>() ||
                             node->Is<StridedSlice>())) {
    node = graph.Producer(node->input(0));
  }
  return node != nullptr && (node->Is<ArgMax>() || node->Is<TopK>() || node->Is<FloorMod>());
}

void CountFromFront(Graph& graph, Node& node) {
  const Gather& gather = *node.As<Gather>();
  const TensorId indices = node.input(1);
  if (graph.tensor(indices).is_constant() || IsCount(graph, indices)) return;
  const int64_t size = graph.tensor(node.input(0)).shape[static_cast<size_t>(gather.axis)];
  const std::string name = graph.tensor(node.output()).name;
  const bool narrow = graph.tensor(indices).type == ElementType::kInt32;
  const TensorId count = graph.AddTensor(
      narrow ? MakeConstantTensor(name + "/count", {}, std::vector{static_cast<int32_t>(size)})
             : MakeConstantTensor(name + "/count", {}, std::vector{size}));
  graph.SetInput(node, 1, EmitBefore(graph, node, FloorMod{}, {indices, count}, name + "/index"));
}

}  // namespace

void CountIndices(Graph& graph) {
  for (Node& node : graph.nodes()) {
    if (node.Is<Gather>()) CountFromFront(graph, node);
  }
}

}  // namespace qconvert
