// The layout of the model's inputs and outputs: between the float passes and calibration.
#pragma once

#include "lib/graph/graph.h"
#include "lib/graph/port_layout.h"

namespace qconvert {

/// Gives 4-D inputs and outputs their layout, channels last only where that saves a Transpose, and
/// notes it for each.
void ApplyLayout(Graph& graph, Layout layout);

}  // namespace qconvert
