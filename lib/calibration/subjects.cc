#include <set>

#include "lib/calibration/statistic.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

void AddIfFloat(const Graph& graph, TensorId id, std::vector<Subject>& subjects) {
  const Tensor& tensor = graph.tensor(id);
  if (tensor.is_float() && !tensor.is_constant()) subjects.push_back({tensor.name, id});
}

}  // namespace

std::vector<Subject> FloatInputs(const Graph& graph) {
  std::vector<Subject> subjects;
  for (TensorId id : graph.inputs) AddIfFloat(graph, id, subjects);
  return subjects;
}

std::vector<Subject> FloatTensors(const Graph& graph) {
  std::vector<Subject> subjects = FloatInputs(graph);
  for (const Node& node : graph.nodes()) {
    for (TensorId id : node.outputs()) AddIfFloat(graph, id, subjects);
  }
  return subjects;
}

std::vector<Subject> WeightedTensors(const Graph& graph) {
  std::set<TensorId> weighted;
  for (const Node& node : graph.nodes()) {
    for (size_t i = 1; i < node.inputs().size(); ++i) {
      if (OpOf(node).quant.Operand(i).kind == OperandRule::kWeight) weighted.insert(node.input(0));
    }
  }
  std::vector<Subject> subjects;
  for (Subject& subject : FloatTensors(graph)) {
    const Tensor& tensor = graph.tensor(subject.tensor);
    const bool has_channels = tensor.rank() > 0 && tensor.elements() > 0;
    if (weighted.count(subject.tensor) != 0 && has_channels) subjects.push_back(std::move(subject));
  }
  return subjects;
}

}  // namespace qconvert
