#include "lib/calibration/gate_ranges.h"

#include <algorithm>
#include <cmath>

#include "lib/passes/gates.h"

namespace qconvert {
namespace {

constexpr int kHalvings = 40;

/// Returns the highest end below the turning point where the gate's result is at most `error`.
///   low  where it is so
double LowestThatMatters(const Gate& gate, double low, double error) {
  double high = gate.turning;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (std::abs(gate.function(middle)) <= error ? low : high) = middle;
  }
  return low;
}

}  // namespace

void ClipToGates(const Graph& graph, Ranges& ranges, double steps) {
  for (const Gate& gate : FindGates(graph)) {
    auto& range = ranges[static_cast<size_t>(gate.operand)];
    const auto& result = ranges[static_cast<size_t>(gate.result)];
    if (!range || !result) continue;
    const double error = (double{result->max} - result->min) / steps / 2;
    if (range->min >= gate.turning || std::abs(gate.function(range->min)) > error) continue;
    range->min = static_cast<float>(LowestThatMatters(gate, range->min, error));
  }
}

}  // namespace qconvert
