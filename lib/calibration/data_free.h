// Calibration without samples: what batch norms promise about their outputs corrects what
// synthetic_inputs.h shows. The result works, but its accuracy is unproven.
#pragma once

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Replaces ranges seen on synthetic inputs by what batch norm left on the tensors: mean beta and
/// deviation |gamma| of each channel give [mean - 6 deviation, mean + 6 deviation]; a fused
/// activation cuts it. Operators that follow scale their synthetic range as their operands' ranges
/// changed.
///   Nagel et al. 2019, section 4.2, for the six deviations
///   steps   of each range
///   result  whether any tensor had such statistics
bool ApplyStatistics(const Graph& graph, Ranges& ranges, double steps);

}  // namespace qconvert
