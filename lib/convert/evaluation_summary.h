// What a comparison found -> what the user is told, but for the verdicts. Evaluate adds those.
#pragma once

#include <map>
#include <string>

#include "lib/convert/diagnose_layers.h"
#include "lib/evaluation/comparison.h"
#include "lib/evaluation/weight_comparison.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the figures of a comparison with `reference`.
EvaluateSummary SummarizeEvaluation(const Graph& reference, const Comparison& comparison);

/// Adds what is known of the layers' weights.
///   weights  by node
void AddWeights(const std::map<std::string, WeightComparison>& weights, EvaluateSummary& summary);

/// Adds what the doctor found.
///   comparison  with its layers
void AddDiagnosis(const LayerDiagnosis& diagnosis, const Comparison& comparison,
                  EvaluateSummary& summary);

}  // namespace qconvert
