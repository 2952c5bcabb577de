#include "lib/calibration/choose_ranges.h"

#include <algorithm>
#include <set>

#include "lib/calibration/extremes.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// A method that looks at extremes sample by sample clips what lies beyond the typical extreme of a
/// sample. Of n normal values that costs 2 E[(x - m)^2; x > m] at m, their expected maximum, and
/// 256 steps over [-m, m] cost (m / 128)^2 / 12: below about 4000 values clipping costs more.
constexpr int64_t kFewValues = 4096;

/// Returns whether operand i lends its values, unchanged, to the result.
bool LendsValues(const Node& node, size_t i) {
  const QuantRule& rule = OpOf(node).quant;
  const OperandRule& operand = rule.Operand(i);
  return (rule.result.kind == OperandRule::kSameAs && rule.result.index == static_cast<int>(i)) ||
         (operand.kind == OperandRule::kSameAs && operand.index == OperandRule::kResult);
}

/// Returns the tensors whose extremes decide the network's answer.
std::set<TensorId> DecidingTensors(const Graph& graph) {
  std::set<TensorId> deciding(graph.outputs.begin(), graph.outputs.end());
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (OpOf(*node).compares_values) deciding.insert(node->input(0));
    const bool passed_on = std::any_of(node->outputs().begin(), node->outputs().end(),
                                       [&](TensorId id) { return deciding.count(id) != 0; });
    for (size_t i = 0; passed_on && i < node->inputs().size(); ++i) {
      if (LendsValues(*node, i)) deciding.insert(node->input(i));
    }
  }
  return deciding;
}

}  // namespace

std::vector<const StatisticKind*> KindsForRanges(const RangeMethod& method) {
  std::vector<const StatisticKind*> kinds{&Extremes::kKind};
  if (method.reads != &Extremes::kKind) kinds.push_back(method.reads);
  return kinds;
}

Ranges ChooseRanges(const Graph& graph, const Evidence& evidence, const RangeMethod& method,
                    const RangeOptions& options) {
  const std::set<TensorId> deciding = DecidingTensors(graph);
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    const Extremes* extremes = evidence.Find<Extremes>(tensor.name);
    const Statistic* statistic = evidence.Find(method.reads->name, tensor.name);
    if (extremes == nullptr || statistic == nullptr) continue;
    const bool unclipped = deciding.count(id) != 0 || tensor.elements() < kFewValues;
    const Range range = unclipped ? extremes->range() : method.choose(*statistic, options);
    ranges[static_cast<size_t>(id)] = RelaxToZero(range);
  }
  return ranges;
}

}  // namespace qconvert
