// Concats that only put the values of one tensor into another order, as where a transformer rolls
// its windows. A step of choose_ranges.h; quantization/residual_sums.h asks, too.
#pragma once

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Returns the one tensor whose values all operands of a Concat are moved from; kNoTensor when
/// there are several.
TensorId RearrangedTensor(const Graph& graph, const Node& concat);

/// Gives the result of each such Concat the range of the tensor, so that its integers are moved as
/// they are.
///   ranges  by tensor id
void KeepRearranged(const Graph& graph, Ranges& ranges);

}  // namespace qconvert
