#include "lib/search/layer_isolation.h"

#include <algorithm>

#include "lib/evaluation/comparison.h"

namespace qconvert {
namespace {

/// Returns whether a node of a file may round: it computes with integers, or has weights.
bool MayRound(const Graph& graph, const Node& node) {
  if (node.Is<Dequantize>() || IsInteger(graph, node) || IsDynamic(graph, node)) return true;
  return std::any_of(node.inputs().begin(), node.inputs().end(), [&](TensorId id) {
    return id != kNoTensor && graph.tensor(id).is_constant() && graph.tensor(id).elements() > 1;
  });
}

}  // namespace

LayerIsolation::LayerIsolation(const Graph& reference, const Graph& candidate)
    : reference_(reference), candidate_(candidate) {
  for (const LayerPair& pair : PairLayers(reference, candidate)) {
    in_reference_.push_back({pair.reference, pair.candidate});
    in_candidate_.push_back({pair.candidate, pair.reference});
    of_node_.emplace(pair.node->name, in_reference_.back());
    const bool known = !nodes_.empty() && nodes_.back() == pair.node;
    if (known || !MayRound(candidate, *candidate.Producer(pair.candidate))) continue;
    nodes_.push_back(pair.node);
  }
}

Graph LayerIsolation::Alone(const std::vector<std::string>& nodes) const {
  std::set<TensorId> chosen;
  for (const std::string& node : nodes) {
    const auto [begin, end] = of_node_.equal_range(node);
    for (auto pair = begin; pair != end; ++pair) chosen.insert(pair->second.host);
  }
  return Transplanted(reference_, candidate_, in_reference_, chosen);
}

Graph LayerIsolation::Restored(const std::vector<std::string>& nodes) const {
  std::set<TensorId> chosen;
  for (const std::string& node : nodes) {
    const auto [begin, end] = of_node_.equal_range(node);
    for (auto pair = begin; pair != end; ++pair) chosen.insert(pair->second.donor);
  }
  return Transplanted(candidate_, reference_, in_candidate_, chosen);
}

}  // namespace qconvert
