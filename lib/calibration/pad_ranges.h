// Widens ranges to the values that Pads fill in, which no sample shows where they are padded. A
// step of choose_ranges.h.
#pragma once

#include "lib/calibration/choose_ranges.h"

namespace qconvert {

/// Widens the range of what a Pad reads to include the Pad's value, because the result has the
/// parameters of the operand; that of the tensor whose values are only moved, too. A value that
/// would leave the data fewer than a sixteenth of the steps widens nothing.
///   ranges  by tensor id
void CoverPads(const Graph& graph, Ranges& ranges);

/// Returns the tensor whose parameters a tensor has: what the operators that only move values began
/// with.
TensorId SourceOfParams(const Graph& graph, TensorId id);

}  // namespace qconvert
