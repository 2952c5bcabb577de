#include "lib/evaluation/demands.h"

#include <numeric>
#include <vector>

#include "lib/ops/op.h"
#include "lib/runner/tensor_places.h"

namespace qconvert {
namespace {

size_t ActivationBytes(const Graph& graph) {
  std::vector<TensorId> owners(static_cast<size_t>(graph.tensor_count()));
  std::iota(owners.begin(), owners.end(), 0);
  return PlaceTensors(graph, owners).arena_bytes;
}

/// Returns the bytes of a constant in a file, which packs two 4-bit values into one.
size_t StoredBytes(const Tensor& tensor) {
  return tensor.type == ElementType::kInt4 ? (tensor.bytes() + 1) / 2 : tensor.bytes();
}

}  // namespace

int64_t MultiplyAdds(const Graph& graph, const Node& node) {
  const Op& op = OpOf(node);
  if (op.multiply_adds == nullptr) return 0;
  std::vector<const Tensor*> inputs;
  for (TensorId id : node.inputs()) inputs.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  return op.multiply_adds(node, inputs, graph.tensor(node.outputs()[0]));
}

Demands DemandsOf(const Graph& graph) {
  Demands demands{.activation_bytes = ActivationBytes(graph)};
  for (const Node& node : graph.nodes()) {
    const int64_t multiply_adds = MultiplyAdds(graph, node);
    demands.multiply_adds += multiply_adds;
    const bool integer = IsInteger(graph, node) || IsDynamic(graph, node);
    if (integer) demands.integer_multiply_adds += multiply_adds;
  }
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant() || !graph.IsUsed(id)) continue;
    demands.constant_bytes += StoredBytes(tensor);
    if (tensor.quant) demands.integer_constant_bytes += StoredBytes(tensor);
  }
  return demands;
}

}  // namespace qconvert
