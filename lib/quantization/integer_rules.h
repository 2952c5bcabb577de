// Decides which nodes compute with integers and with which parameters: the operators' quantization
// rules applied to the calibrated ranges. The first step of plan.h.
#pragma once

#include "lib/calibration/choose_ranges.h"
#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// Returns the affine parameters of a range, per layer, as an integer type of activations. The
/// range is cut at +-kLargestReal.
QuantParams ParamsOfRange(const Range& range, ElementType type);

/// Returns the range that was observed of a tensor or, of a constant, that of its values.
///   Throws Error(kUnusable) when a constant holds NaN or infinity.
Range ObservedRangeOf(const Graph& graph, const Ranges& ranges, TensorId id);

/// Applies the rules, in the order of the graph. An operand of a Concat-like operator whose only
/// reader it is takes the result's parameters, so that its producer rescales (the paper's figure
/// 7); others are requantized when the graph is built. Warns of Concats whose operands' ranges
/// differ by more than 16x. A node stays float where a range reaches beyond kLargestReal, or where
/// LiteRT's kernels do not take the scales (lib/ops/scale_rules.h).
///   result  activations and their parameters; the weights are float32 yet
QuantizationPlan PlanActivations(const Graph& graph, const ActivationRanges& ranges,
                                 const PrecisionPlan& precision);

}  // namespace qconvert
