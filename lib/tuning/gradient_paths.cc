#include "lib/tuning/gradient_paths.h"

#include <algorithm>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

std::vector<bool> Marked(const Graph& graph, std::span<const TensorId> ids) {
  std::vector<bool> marks(static_cast<size_t>(graph.tensor_count()));
  for (TensorId id : ids) marks[static_cast<size_t>(id)] = true;
  return marks;
}

bool IsAny(const std::vector<bool>& marks, const std::vector<TensorId>& ids) {
  return std::any_of(ids.begin(), ids.end(), [&](TensorId id) {
    return id != kNoTensor && marks[static_cast<size_t>(id)];
  });
}

/// Marks the float tensors that depend on parameters.
std::vector<bool> Dependents(const Graph& graph, std::span<const TensorId> parameters) {
  std::vector<bool> depends = Marked(graph, parameters);
  for (const Node& node : graph.nodes()) {
    if (!IsAny(depends, node.inputs())) continue;
    for (TensorId id : node.outputs()) {
      depends[static_cast<size_t>(id)] = graph.tensor(id).is_float();
    }
  }
  return depends;
}

}  // namespace

GradientPaths FindGradientPaths(const Graph& graph, std::span<const TensorId> losses,
                                std::span<const TensorId> parameters) {
  const std::vector<bool> depends = Dependents(graph, parameters);
  GradientPaths paths;
  paths.reaches = Marked(graph, losses);
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (!IsAny(paths.reaches, node->outputs())) continue;
    if (OpOf(*node).backward == nullptr) {
      if (!IsAny(depends, node->inputs())) continue;
      paths.blocking.push_back(node->name + " (" + std::string(node->kind()) + ")");
      continue;
    }
    for (TensorId id : node->inputs()) {
      if (id == kNoTensor || !graph.tensor(id).is_float()) continue;
      paths.reaches[static_cast<size_t>(id)] = true;
    }
  }
  for (size_t id = 0; id < depends.size(); ++id) {
    paths.wanted.push_back(depends[id] && paths.reaches[id]);
  }
  std::reverse(paths.blocking.begin(), paths.blocking.end());
  return paths;
}

}  // namespace qconvert
