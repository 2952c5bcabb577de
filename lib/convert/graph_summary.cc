#include "lib/convert/graph_summary.h"

#include <algorithm>
#include <map>
#include <set>

namespace qconvert {
namespace {

bool ReadsConstantsOnly(const Graph& graph, const Node& node) {
  return std::all_of(node.inputs().begin(), node.inputs().end(), [&](TensorId id) {
    return id == kNoTensor || graph.tensor(id).is_constant();
  });
}

Arithmetic ArithmeticOf(const Graph& graph, const Node& node) {
  if (IsDynamic(graph, node)) return Arithmetic::kDynamic;
  if (!IsInteger(graph, node)) return Arithmetic::kFloat;
  const auto wide = [&](TensorId id) {
    return id != kNoTensor && graph.tensor(id).type == ElementType::kInt16;
  };
  const bool is_wide = std::any_of(node.inputs().begin(), node.inputs().end(), wide) ||
                       std::any_of(node.outputs().begin(), node.outputs().end(), wide);
  return is_wide ? Arithmetic::kInt16 : Arithmetic::kInt8;
}

}  // namespace

NodeNames NodeNamesOf(const Graph& network) {
  NodeNames names;
  for (const Node& node : network.nodes()) {
    for (TensorId id : node.outputs()) names[network.tensor(id).name] = node.name;
  }
  return names;
}

std::string NameInNetwork(const NodeNames& network, const Node& node, const Graph& file) {
  const auto found = network.find(file.tensor(node.output()).name);
  return found == network.end() ? node.name : found->second;
}

std::vector<GraphNodeSummary> SummarizeGraph(const NodeNames& network, const Graph& file) {
  std::vector<GraphNodeSummary> nodes;
  std::map<TensorId, size_t> made_by;
  for (const Node& node : file.nodes()) {
    if (ReadsConstantsOnly(file, node)) continue;
    std::set<size_t> reads;
    for (TensorId id : node.inputs()) {
      if (const auto found = made_by.find(id); found != made_by.end()) reads.insert(found->second);
    }
    for (TensorId id : node.outputs()) made_by[id] = nodes.size();
    nodes.push_back({NameInNetwork(network, node, file),
                     std::string(node.kind()),
                     ToText(file.tensor(node.output()).shape),
                     ArithmeticOf(file, node),
                     {reads.begin(), reads.end()}});
  }
  return nodes;
}

}  // namespace qconvert
