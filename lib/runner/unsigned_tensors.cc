#include "lib/runner/unsigned_tensors.h"

#include "lib/kernels/kernel.h"
#include "lib/kernels/layer_params.h"

namespace qconvert {

std::vector<uint8_t> FindFlips(const Graph& graph, std::span<const TensorId> owners) {
  std::vector<bool> seen_outside(owners.size(), false);  // by owner
  for (const auto* ids : {&graph.inputs, &graph.outputs}) {
    for (TensorId id : *ids)
      seen_outside[static_cast<size_t>(owners[static_cast<size_t>(id)])] = true;
  }
  std::vector<uint8_t> flips(owners.size(), 0);
  for (size_t id = 0; id < owners.size(); ++id) {
    const Tensor& tensor = graph.tensor(static_cast<TensorId>(id));
    const bool inside = !tensor.is_constant() && !seen_outside[static_cast<size_t>(owners[id])];
    if (inside && IsInt8PerLayer(tensor)) flips[id] = kSignFlip;
  }
  return flips;
}

}  // namespace qconvert
