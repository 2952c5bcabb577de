#include "lib/calibration/choose_ranges.h"

#include <algorithm>
#include <set>

#include "lib/calibration/extremes.h"
#include "lib/calibration/gate_ranges.h"
#include "lib/calibration/pad_ranges.h"
#include "lib/calibration/rearrangements.h"
#include "lib/calibration/row_maxima.h"
#include "lib/calibration/softmax_ranges.h"
#include "lib/ops/op.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

/// A method that looks at extremes sample by sample clips what lies beyond the typical extreme of a
/// sample. Of n normal values that costs 2 E[(x - m)^2; x > m] at m, their expected maximum, and
/// 256 steps over [-m, m] cost (m / 128)^2 / 12: below about 4000 values clipping costs more.
constexpr int64_t kFewValues = 4096;

/// Returns the tensors whose extremes decide the network's answer.
std::set<TensorId> DecidingTensors(const Graph& graph) {
  std::set<TensorId> deciding(graph.outputs.begin(), graph.outputs.end());
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (OpOf(*node).compares_values) deciding.insert(node->input(0));
    const bool passed_on = std::any_of(node->outputs().begin(), node->outputs().end(),
                                       [&](TensorId id) { return deciding.count(id) != 0; });
    for (size_t i = 0; passed_on && i < node->inputs().size(); ++i) {
      if (Selects(*node, i)) deciding.insert(node->input(i));
    }
  }
  return deciding;
}

/// Returns what the producer of a tensor can give at all.
Range PossibleRange(const Graph& graph, TensorId id) {
  const Node* node = graph.Producer(id);
  if (node == nullptr) return ActivationRange(Activation::kNone);
  const ClampFunction clamp = OpOf(*node).clamp;
  return clamp == nullptr ? ActivationRange(FusedActivation(node->op)) : clamp(node->op);
}

/// Notes how a range relates to what was seen.
void Count(const RangeChoice& choice, Range seen, ChosenRanges& result) {
  for (size_t sample : choice.left_out) ++result.left_out[sample];
  const Range range = RelaxToZero(choice.range);
  seen = RelaxToZero(seen);
  if (range.min > seen.min || range.max < seen.max) {
    ++result.clipped;
  } else if (range == seen) {
    ++result.as_seen;
  } else {
    ++result.widened;
  }
}

}  // namespace

std::vector<const StatisticKind*> KindsForRanges(const RangeMethod& method) {
  std::vector<const StatisticKind*> kinds{&Extremes::kKind, &RowMaxima::kKind};
  for (const StatisticKind* kind : method.reads) {
    if (kind != &Extremes::kKind) kinds.push_back(kind);
  }
  return kinds;
}

ChosenRanges ChooseRanges(const Graph& graph, const Evidence& evidence, const RangeMethod& method,
                          const RangeOptions& options) {
  const std::set<TensorId> deciding = DecidingTensors(graph);
  ChosenRanges result;
  result.ranges.resize(static_cast<size_t>(graph.tensor_count()));
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    const Extremes* extremes = evidence.Find<Extremes>(tensor.name);
    if (extremes == nullptr) continue;
    const TensorEvidence known(evidence, tensor, PossibleRange(graph, id));
    const bool unclipped = deciding.count(id) != 0 || tensor.elements() < kFewValues;
    RangeChoice choice = !unclipped               ? method.choose(known, options)
                         : method.keep != nullptr ? method.keep(known, options)
                                                  : RangeChoice{extremes->range()};
    const bool has_int8_steps = options.steps == kInt8Steps;
    if (method.refine != nullptr && has_int8_steps && deciding.count(id) == 0) {
      choice.range = method.refine(graph, evidence, id, choice.range);
    }
    Count(choice, extremes->range(), result);
    result.ranges[static_cast<size_t>(id)] = RelaxToZero(choice.range);
  }
  CoverPads(graph, result.ranges);
  ClipToSoftmaxes(graph, evidence, result.ranges, options.steps);
  ClipToGates(graph, result.ranges, options.steps);
  KeepRearranged(graph, result.ranges);
  return result;
}

}  // namespace qconvert
