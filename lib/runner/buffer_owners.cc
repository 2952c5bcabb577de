#include "lib/runner/buffer_owners.h"

#include <algorithm>
#include <numeric>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

class OwnerFinder {
 public:
  explicit OwnerFinder(const Graph& graph)
      : graph_(graph),
        owners_(static_cast<size_t>(graph.tensor_count())),
        reads_(owners_.size(), 0),
        fixed_(owners_.size(), false) {
    std::iota(owners_.begin(), owners_.end(), TensorId{0});
    for (const Node& node : graph.nodes()) {
      for (TensorId id : node.inputs()) {
        if (id != kNoTensor) ++Reads(id);
      }
    }
    for (TensorId id : graph.outputs) ++Reads(id);
    for (TensorId id : graph.inputs) fixed_[static_cast<size_t>(id)] = true;
  }

  std::vector<TensorId> Find() {
    for (const Node& node : graph_.nodes()) {
      for (TensorId id : node.inputs()) {
        if (id != kNoTensor) --Reads(Owner(id));
      }
      if (OpOf(node).shares_bytes) {
        if (!graph_.tensor(node.input(0)).is_constant()) Give(node.input(0), node.output());
      } else if (OpOf(node).axes.kind == AxesRule::kElementwise) {
        TakeOver(node);
      }
    }
    return owners_;
  }

 private:
  TensorId Owner(TensorId id) const { return owners_[static_cast<size_t>(id)]; }
  /// Returns how many readers a buffer still has.
  int& Reads(TensorId owner) { return reads_[static_cast<size_t>(owner)]; }

  void Give(TensorId from, TensorId to) {
    owners_[static_cast<size_t>(to)] = Owner(from);
    Reads(Owner(from)) += Reads(to);
  }

  void TakeOver(const Node& node) {
    for (TensorId id : node.inputs()) {
      if (MayTake(node, id)) return Give(id, node.output());
    }
  }

  bool MayTake(const Node& node, TensorId id) {
    const Tensor &operand = graph_.tensor(id), &result = graph_.tensor(node.output());
    const bool fits = operand.shape == result.shape && operand.bytes() == result.bytes();
    const TensorId owner = Owner(id);
    if (!fits || operand.is_constant() || Reads(owner) > 0) return false;
    if (fixed_[static_cast<size_t>(owner)]) return false;
    // Another view of the same bytes must be read in the same order.
    return std::all_of(node.inputs().begin(), node.inputs().end(), [&](TensorId other) {
      return Owner(other) != owner || graph_.tensor(other).shape == result.shape;
    });
  }

  const Graph& graph_;
  std::vector<TensorId> owners_;
  std::vector<int> reads_;   // still to come, by owner
  std::vector<bool> fixed_;  // inputs of the graph, which a caller may run on again
};

}  // namespace

std::vector<TensorId> BufferOwners(const Graph& graph) { return OwnerFinder(graph).Find(); }

}  // namespace qconvert
