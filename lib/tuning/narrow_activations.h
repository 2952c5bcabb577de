// Activations of fewer bits than TFLite has, for studies such as the paper's table 6: their grids
// in the training, and a file that keeps to them. trained_graph.h narrows, tuned_graph.h clamps.
#pragma once

#include "lib/graph/graph.h"
#include "lib/tuning/fake_quantize.h"

namespace qconvert {

/// Returns the grid of 2^bits points over the range of one of 8 bits, with zero on it.
///   bits  2 to 8
Grid NarrowGrid(const Grid& wide, int bits);

/// Lets the readers of an int8 tensor read clamp(tensor, limits), by MAXIMUM and MINIMUM, whose
/// int8 kernels are exact.
void ClampReaders(Graph& graph, TensorId id, IntegerLimits limits);

}  // namespace qconvert
