// What the samples of a conversion look like: the summary shows it, and warns of forgotten
// preprocessing.
#pragma once

#include "lib/calibration/evidence.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Writes range and mean of the graph's float inputs into the summary, with a warning when they
/// look like raw pixels.
///   evidence  with extremes and totals; without, nothing is written
void ReportInputs(const Graph& graph, const Evidence& evidence, ConvertSummary& summary);

}  // namespace qconvert
