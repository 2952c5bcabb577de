// Judges a comparison by limits: whether its samples prove that the limits are kept or missed.
// compare.h measures before it; qeval's summary and its exit code tell the verdicts.
#pragma once

#include <vector>

#include "lib/evaluation/gate_kinds.h"
#include "lib/evaluation/gate_result.h"
#include "lib/runner/port.h"

namespace qconvert {

/// Requires limits that a candidate can meet and can miss.
///   labels  whether there are any
///   metric  whether a command measures one
///   Throws Error(kUsage), naming the option, also when a limit is about labels or a metric and
///   there are none.
void RequireLimits(const GateLimits& limits, bool labels, bool metric);

/// Requires that a network's first output has the top-1 that labels and some limits are about. One
/// whole number is a top-1, but labels ask for scores; scores of boxes are no top-1.
///   Throws Error(kUsage) when it has none, naming the option and what to use instead.
void RequireTop1(const GateLimits& limits, bool labels, const std::vector<Port>& outputs,
                 bool whole_numbers);

/// Requires that a network has an output of reals when a limit is about these, and a map of labels
/// first when one is about those.
///   Throws Error(kUsage), naming the option.
void RequireOutputs(const GateLimits& limits, const Graph& graph);

/// Returns whether any limit is set.
bool HasLimits(const GateLimits& limits);

/// Judges what has a limit. An output that no longer depends on its input fails whenever there is
/// any limit.
///   limits  that the functions above have passed
std::vector<GateResult> Judge(const GateEvidence& evidence, const GateLimits& limits);

/// Returns the figure of a gate without its interval, which takes most of the time.
///   kind  that measures by itself: it has `count` or `draw`
double FigureAlone(const GateKind& kind, const Comparison& comparison);

/// Returns what all gates together decide: kFail when one fails, else kUndecided when one is.
Verdict Together(const std::vector<GateResult>& gates);

}  // namespace qconvert
