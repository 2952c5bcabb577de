// Judges a comparison by limits. compare.h measures before it; qeval's summary and its exit code
// tell the verdicts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/evaluation/comparison.h"
#include "lib/runner/port.h"

namespace qconvert {

/// What a candidate must reach; unset: not judged.
struct GateLimits {
  std::optional<double> max_drop = {};         ///< percentage points of top-1, in [0, 100]
  std::optional<double> min_top1 = {};         ///< percent, in [0, 100]
  std::optional<double> min_agreement = {};    ///< percent, in [0, 100]
  std::optional<double> min_sqnr = {};         ///< dB, of the worst output; finite
  std::optional<double> min_correlation = {};  ///< of the worst output, in [-1, 1]
};

/// One gate's verdict.
struct GateVerdict {
  std::string name;
  double limit = 0, value = 0;
  bool passed = false;
};

/// Requires limits that a candidate can meet and can miss.
///   labels  whether there are any
///   Throws Error(kUsage), naming the option, also when a limit is about labels and there are none.
void RequireLimits(const GateLimits& limits, bool labels);

/// Requires that a network's first output has the top-1 that labels and some limits are about. One
/// whole number is a top-1, but labels ask for scores.
///   Throws Error(kUsage) when it has none, naming the option and what to use instead.
void RequireTop1(const GateLimits& limits, bool labels, const Port& output, bool whole_numbers);

/// Requires that a network has an output of reals when a limit is about these.
///   Throws Error(kUsage), naming the option.
void RequireReals(const GateLimits& limits, const Graph& graph);

/// Judges what has a limit. An output that no longer depends on its input fails whenever there is
/// any limit.
///   limits  that the functions above have passed
std::vector<GateVerdict> Judge(const Comparison& comparison, const GateLimits& limits);

}  // namespace qconvert
