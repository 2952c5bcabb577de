#include "lib/calibration/data_free.h"

#include <algorithm>
#include <cmath>

#include "lib/calibration/gate_ranges.h"

namespace qconvert {
namespace {

constexpr float kDeviations = 6;

Range Clamped(const Range& range, Activation activation) {
  const Range ends = ActivationRange(activation);
  return {std::clamp(range.min, ends.min, ends.max), std::clamp(range.max, ends.min, ends.max)};
}

Range PromisedRange(const ChannelStatistics& statistics) {
  Range range{0, 0};
  for (size_t c = 0; c < statistics.mean.size(); ++c) {
    const float reach = kDeviations * statistics.deviation[c];
    range.min = std::min(range.min, statistics.mean[c] - reach);
    range.max = std::max(range.max, statistics.mean[c] + reach);
  }
  return range;
}

float Reach(const Range& range) { return std::max(std::abs(range.min), std::abs(range.max)); }

/// Returns by how much the operands' ranges grew over the synthetic ones; 1 when none changed.
float Growth(const Node& node, const Ranges& synthetic, const Ranges& ranges) {
  float growth = 0;
  for (TensorId id : node.inputs()) {
    if (id == kNoTensor || !synthetic[static_cast<size_t>(id)]) continue;
    const float before = Reach(*synthetic[static_cast<size_t>(id)]);
    if (before > 0) growth = std::max(growth, Reach(*ranges[static_cast<size_t>(id)]) / before);
  }
  return growth == 0 ? 1 : growth;
}

/// A clipped constant masks what its reader adds it to: it must reach as far as the sum's range.
void GrowConstants(const Graph& graph, const Node& node, float growth, const Ranges& synthetic,
                   Ranges& ranges) {
  for (TensorId id : node.inputs()) {
    if (id == kNoTensor || !graph.tensor(id).is_constant()) continue;
    const auto& before = synthetic[static_cast<size_t>(id)];
    auto& range = ranges[static_cast<size_t>(id)];
    if (!before) continue;
    range = Range{std::min(range->min, before->min * growth),
                  std::max(range->max, before->max * growth)};
  }
}

}  // namespace

bool ApplyStatistics(const Graph& graph, Ranges& ranges, double steps) {
  if (graph.statistics.empty()) return false;
  const Ranges synthetic = ranges;
  for (const Node& node : graph.nodes()) {
    for (TensorId id : node.outputs()) {
      auto& range = ranges[static_cast<size_t>(id)];
      if (!range) continue;
      const auto promised = graph.statistics.find(id);
      if (promised != graph.statistics.end()) {
        range = Clamped(PromisedRange(promised->second), FusedActivation(node.op));
        continue;
      }
      const float growth = Growth(node, synthetic, ranges);
      range = Clamped({range->min * growth, range->max * growth}, FusedActivation(node.op));
      GrowConstants(graph, node, growth, synthetic, ranges);
    }
  }
  ClipToGates(graph, ranges, steps);
  return true;
}

}  // namespace qconvert
