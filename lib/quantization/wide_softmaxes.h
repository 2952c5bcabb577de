// Finds softmaxes whose probabilities 8 bits do not hold, such as attention over many tokens: one
// of 1000 tokens has a probability of a quarter of int8's step, which is 1/256 whatever the range.
#pragma once

#include "lib/calibration/choose_ranges.h"
#include "lib/calibration/evidence.h"
#include "lib/quantization/precision_plan.h"

namespace qconvert {

/// Makes float, with the reason, the softmaxes of int8 that would lose more than a hundredth of the
/// energy of their rows on average, and are no exception yet. Their results then have a scale of
/// their own. Where that is too coarse as well, because rows differ, the products that read them
/// become float, too.
///   evidence  of RoundedRows; softmaxes that were not observed stay as they are
///   ranges    by tensor id of `graph`, of int8
void KeepWideSoftmaxesFloat(const Graph& graph, const Evidence& evidence, const Ranges& ranges,
                            PrecisionPlan& plan);

}  // namespace qconvert
