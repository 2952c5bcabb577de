#include "lib/quantization/sensitive_nodes.h"

#include <set>
#include <string>

#include "lib/calibration/pad_ranges.h"
#include "lib/calibration/row_maxima.h"
#include "lib/ops/op.h"
#include "lib/passes/scores.h"
#include "lib/quantization/normalizations.h"
#include "lib/quantization/residual_sums.h"
#include "lib/quantization/uneven_outputs.h"

namespace qconvert {
namespace {

using Nodes = std::set<const Node*>;

const std::optional<Range>& RangeOf(const Ranges& ranges, TensorId id) {
  return ranges[static_cast<size_t>(id)];
}

/// Adds what computes a masked tensor, back to the scores and the mask.
void AddMasked(const Graph& graph, const Ranges& ranges, TensorId id, Nodes& nodes) {
  const auto& range = RangeOf(ranges, id);
  const Node* producer = graph.Producer(id);
  if (!range || range->max - range->min <= RowMaxima::kMaskedBelow || producer == nullptr) return;
  const bool sums = producer->Is<Add>() || producer->Is<Sub>() || producer->Is<Mul>();
  for (size_t i = 0; i < producer->inputs().size(); ++i) {
    if (!producer->has_input(i) || !(sums || Selects(*producer, i))) continue;
    nodes.insert(producer);
    AddMasked(graph, ranges, producer->input(i), nodes);
  }
}

Nodes MaskedLogits(const Graph& graph, const Ranges& ranges) {
  Nodes nodes;
  for (const Node& node : graph.nodes()) {
    if (node.Is<LogSoftmax>()) AddMasked(graph, ranges, node.input(0), nodes);
  }
  return nodes;
}

/// Returns the range that a tensor's integers cover.
std::optional<Range> CoveredRange(const Graph& graph, const Ranges& ranges, TensorId id) {
  const Node* producer = graph.Producer(id);
  const OperandRule* rule = producer == nullptr ? nullptr : &OpOf(*producer).quant.result;
  if (rule == nullptr || rule->kind != OperandRule::kFixed) return RangeOf(ranges, id);
  const auto [scale, zero_point] = rule->int8;
  return Range{scale * static_cast<float>(kInt8Limits.min - zero_point),
               scale * static_cast<float>(kInt8Limits.max - zero_point)};
}

Nodes DistantPads(const Graph& graph, const Ranges& ranges) {
  Nodes nodes;
  for (const Node& node : graph.nodes()) {
    const Pad* pad = node.As<Pad>();
    if (pad == nullptr) continue;
    const TensorId source = SourceOfParams(graph, node.input(0));
    const std::optional<Range> range = CoveredRange(graph, ranges, source);
    if (!range) continue;
    const float step = (range->max - range->min) / 255;
    if (pad->value < range->min - step || pad->value > range->max + step) nodes.insert(&node);
  }
  return nodes;
}

void Keep(const Nodes& nodes, const std::string& reason, PrecisionPlan& plan) {
  for (const Node* node : nodes) {
    plan.exceptions.try_emplace(node->name, PrecisionPlan::Exception{kFloatNode, reason});
  }
}

}  // namespace

void KeepSensitiveFloat(const Graph& graph, const Ranges& ranges, PrecisionPlan& plan) {
  const Nodes normalizations = FindNormalizations(graph);
  Keep(normalizations,
       "it normalizes: integers round a small variance to 0, and so lose quiet rows", plan);
  Keep(FindResidualSums(graph, normalizations),
       "a normalization reads this sum: integers have one step for its loud and its quiet rows",
       plan);
  Keep(MaskedLogits(graph, ranges), "integers do not hold logits beside the number that masks them",
       plan);
  Keep(DistantPads(graph, ranges), "it pads with a number far outside of the operand's range",
       plan);
}

void KeepUnevenOutputsFloat(const Graph& graph, const Ranges& ranges, PrecisionPlan& plan) {
  Keep(FindUnevenOutputs(graph, ranges), "it joins outputs whose ranges differ more than 16 times",
       plan);
}

}  // namespace qconvert
