// Clips the ranges of scores and masks to what a softmax tells apart, so that no scale holds -10000
// beside scores of 3. A step of choose_ranges.h.
#pragma once

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Clips the ranges of tensors that are scores (passes/scores.h), where that changes no probability
/// by half an output step of int8, 1/256, or by a quarter of int16's, 1/32768.
///
/// The values of a row that lie more than ln(512 columns) below its largest have together less than
/// half a step of 1/256. Rows of other samples may lie lower than those seen: their largest values
/// are allowed to lie below the lowest one seen by as much as those seen differ. A sum is low
/// enough when each operand saturates as low as the largest value of the other asks for; products
/// with constants scale the limit.
///   evidence  with RowMaxima; what was not observed keeps its range
///   ranges    by tensor id; constants that are clipped get one
///   steps     of each range
void ClipToSoftmaxes(const Graph& graph, const Evidence& evidence, Ranges& ranges, double steps);

}  // namespace qconvert
