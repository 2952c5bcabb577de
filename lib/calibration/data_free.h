// Calibration without samples: what batch norms promise about their outputs, else seeded synthetic
// inputs. The result works, but its accuracy is unproven.
#pragma once

#include <cstddef>

#include "lib/calibration/calibrate.h"

namespace qconvert {

/// Fills the inputs of sample i with seeded values: standard normal for float inputs, zeros for
/// integers.
void FeedSynthetic(const Graph& graph, size_t i, Session& session);

/// Replaces ranges seen on synthetic inputs by what batch norm left on the tensors: mean beta and
/// deviation |gamma| of each channel give [mean - 6 deviation, mean + 6 deviation]; a fused
/// activation cuts it. Operators that follow scale their synthetic range as their operands' ranges
/// changed.
///   Nagel et al. 2019, section 4.2, for the six deviations
///   result  whether any tensor had such statistics
bool ApplyStatistics(const Graph& graph, Ranges& ranges);

}  // namespace qconvert
