// Decides which tensors are stored with their axes in another order, so that the fewest Transposes
// remain. The core of cancel-transposes and of the choice between NHWC and ONNX's layout.
#pragma once

#include "lib/passes/relayout.h"

namespace qconvert {

/// What ChooseLayouts may do.
struct LayoutFreedom {
  bool inputs_and_outputs = false;  ///< 4-D inputs and outputs of the model may be stored too
  bool prefer_stored = false;       ///< among equals: store as much as can be, not as little
};

/// Stores tensors as `family` says where that makes the graph cheaper: where Transposes, then
/// Reshapes, become fewer. Ends with merged movements; notes the layout of inputs and outputs that
/// are stored (graph/port_layout.h). Returns whether it changed something.
bool ChooseLayouts(Graph& graph, const LayoutFamily& family, LayoutFreedom freedom);

}  // namespace qconvert
