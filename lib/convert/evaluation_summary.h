// What a comparison found -> what the user is told, but for the verdicts. Evaluate adds those.
#pragma once

#include "lib/evaluation/comparison.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the figures of a comparison with `reference`.
EvaluateSummary SummarizeEvaluation(const Graph& reference, const Comparison& comparison);

}  // namespace qconvert
