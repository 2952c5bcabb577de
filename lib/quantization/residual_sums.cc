#include "lib/quantization/residual_sums.h"

#include <vector>

#include "lib/calibration/rearrangements.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

using Nodes = std::set<const Node*>;

/// Who reads a tensor, or what other nodes move of it.
struct Readers {
  bool normalizations = false, sums = false, others = false;

  void Merge(const Readers& more) {
    normalizations |= more.normalizations;
    sums |= more.sums;
    others |= more.others;
  }
};

bool IsSum(const Node& node) { return node.Is<Add>() || node.Is<Sub>(); }

/// The sums, while the nodes are visited from the last to the first.
class Finder {
 public:
  Finder(const Graph& graph, const Nodes& normalizations)
      : normalizations_(normalizations), readers_(static_cast<size_t>(graph.tensor_count())) {
    for (TensorId id : graph.outputs) At(id).others = true;
    for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) Visit(*node);
  }

  Nodes Found() && { return std::move(found_); }

 private:
  Readers& At(TensorId id) { return readers_[static_cast<size_t>(id)]; }

  void Visit(const Node& node) {
    Readers of_results;
    for (TensorId id : node.outputs()) of_results.Merge(At(id));
    const Readers as_reader = AsReader(node, of_results);
    if (as_reader.sums && !OpOf(node).quant.KeepsParams()) found_.insert(&node);
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor) At(id).Merge(as_reader);
    }
  }

  /// Returns as what a node reads its operands.
  Readers AsReader(const Node& node, const Readers& of_results) const {
    if (normalizations_.count(&node) != 0) return {.normalizations = true};
    if (OpOf(node).quant.KeepsParams()) return of_results;
    const bool only = !of_results.others && (of_results.normalizations || of_results.sums);
    const bool residual =
        only ? IsSum(node) || node.Is<Concat>() : IsSum(node) && of_results.normalizations;
    return {.sums = residual, .others = !residual};
  }

  const Nodes& normalizations_;
  std::vector<Readers> readers_;  // by tensor id
  Nodes found_;
};

}  // namespace

std::set<const Node*> FindResidualSums(const Graph& graph, const Nodes& normalizations) {
  Nodes found = Finder(graph, normalizations).Found();
  for (const Node& node : graph.nodes()) {
    if (!node.Is<Concat>() || found.count(&node) == 0) continue;
    const TensorId source = RearrangedTensor(graph, node);
    if (source == kNoTensor) continue;
    const Node* producer = graph.Producer(source);
    if (found.count(producer) == 0 && normalizations.count(producer) == 0) found.erase(&node);
  }
  return found;
}

}  // namespace qconvert
