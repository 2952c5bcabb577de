// Which nodes have an integer kernel, but give wrong answers with 8 bits whatever their scales are.
// Before it: the calibrated ranges. After it: plan.h leaves them in float.
#pragma once

#include "lib/calibration/choose_ranges.h"
#include "lib/quantization/precision_plan.h"

namespace qconvert {

/// Makes float, with the reason, what is no exception yet: normalizations (normalizations.h), the
/// sums that they read (residual_sums.h), sums of a mask and scores that LogSoftmax reads, and Pads
/// whose value their operand's range does not hold.
///   ranges  by tensor id of `graph`
void KeepSensitiveFloat(const Graph& graph, const Ranges& ranges, PrecisionPlan& plan);

/// Makes float, with the reason, what joins values of very different ranges to a float output
/// (uneven_outputs.h).
void KeepUnevenOutputsFloat(const Graph& graph, const Ranges& ranges, PrecisionPlan& plan);

}  // namespace qconvert
