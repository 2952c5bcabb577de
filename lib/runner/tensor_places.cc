#include "lib/runner/tensor_places.h"

#include <algorithm>
#include <vector>

namespace qconvert {
namespace {

/// When each tensor is first written and last read.
class Lifetimes {
 public:
  Lifetimes(const Graph& graph, std::span<const TensorId> owners)
      : graph_(graph), owners_(owners), lifetimes_(static_cast<size_t>(graph.tensor_count())) {
    for (TensorId id : graph.inputs) Begin(id, 0);
    int step = 0;
    for (const Node& node : graph.nodes()) Add(node, ++step);
    for (TensorId id : graph.outputs) Use(id, step + 1);
  }

  std::span<const Lifetime> lifetimes() const { return lifetimes_; }

 private:
  Lifetime& Of(TensorId id) {
    return lifetimes_[static_cast<size_t>(owners_[static_cast<size_t>(id)])];
  }
  void Begin(TensorId id, int step) { Of(id) = {graph_.tensor(id).bytes(), step, step}; }
  void Use(TensorId id, int step) { Of(id).last_step = std::max(Of(id).last_step, step); }

  void Add(const Node& node, int step) {
    for (TensorId id : node.outputs()) {
      if (owners_[static_cast<size_t>(id)] == id) {
        Begin(id, step);
      } else {
        Use(id, step);
      }
    }
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor && !graph_.tensor(id).is_constant()) Use(id, step);
    }
  }

  const Graph& graph_;
  std::span<const TensorId> owners_;
  std::vector<Lifetime> lifetimes_;
};

}  // namespace

MemoryPlan PlaceTensors(const Graph& graph, std::span<const TensorId> owners) {
  return PlanMemory(Lifetimes(graph, owners).lifetimes());
}

}  // namespace qconvert
