// Ranges in front of SiLU, HardSwish and GELU: how far below 0 they need to reach. A step of
// choose_ranges.h, and of data_free.h.
#pragma once

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Raises the lower end of each gate's operand (passes/gates.h) to where the result is within half
/// a step of 0: whatever lies below gives the same result, and the steps go to the values above.
///   ranges  by tensor id of `graph`, each including zero
///   steps   of each range
void ClipToGates(const Graph& graph, Ranges& ranges, double steps);

}  // namespace qconvert
