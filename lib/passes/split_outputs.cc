#include "lib/passes/split_outputs.h"

#include <set>
#include <utility>

#include "lib/graph/port_layout.h"
#include "lib/passes/passes.h"

namespace qconvert {
namespace {

/// Returns the Concat that computes a tensor; null when something else does.
const Node* JoinOf(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  return producer != nullptr && producer->Is<Concat>() ? producer : nullptr;
}

struct Outputs {
  std::vector<TensorId> ids;
  std::vector<std::string> names;
};

/// Returns `wanted`, or it with a number behind when it is taken; it is taken then.
std::string TakeName(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = wanted;
  for (int number = 1; !taken.insert(name).second; ++number) {
    name = wanted + "_" + std::to_string(number);
  }
  return name;
}

/// Returns the outputs after the split; calls split(k, part) for each part of output k. What is an
/// output already does not become another.
template <typename Split>
Outputs SplitEach(const Graph& graph, const Split& split) {
  std::set<std::string> taken(graph.output_names.begin(), graph.output_names.end());
  Outputs outputs;
  for (size_t k = 0; k < graph.outputs.size(); ++k) {
    const Node* join = JoinOf(graph, graph.outputs[k]);
    if (join == nullptr) {
      outputs.ids.push_back(graph.outputs[k]);
      outputs.names.push_back(graph.output_names[k]);
      continue;
    }
    for (TensorId id : join->inputs()) {
      if (graph.IsOutput(id)) continue;
      outputs.ids.push_back(id);
      outputs.names.push_back(TakeName(graph.tensor(id).name, taken));
      split(k, outputs.names.back());
    }
  }
  return outputs;
}

}  // namespace

std::vector<JoinedOutput> FindJoinedOutputs(const Graph& graph) {
  std::vector<JoinedOutput> joined;
  SplitEach(graph, [&](size_t k, const std::string& part) {
    const std::string& name = graph.output_names[k];
    if (joined.empty() || joined.back().name != name) joined.push_back({name, {}});
    joined.back().parts.push_back(part);
  });
  return joined;
}

void SplitOutputs(Graph& graph) {
  Outputs outputs = SplitEach(graph, [&](size_t k, const std::string& part) {
    if (const auto layout = NotedLayout(graph, graph.output_names[k])) {
      NoteLayout(graph, part, *layout);
    }
  });
  graph.outputs = std::move(outputs.ids);
  graph.output_names = std::move(outputs.names);
  DropDead(graph);
}

}  // namespace qconvert
