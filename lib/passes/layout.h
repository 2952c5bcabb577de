// The layout of the model's inputs and outputs: between the float passes and calibration.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

enum class Layout {
  kNhwc,  ///< channels last where that saves a Transpose, as TFLite's users expect
  kKeep   ///< as the ONNX model has them
};

/// Gives 4-D inputs and outputs their layout, and notes it in the metadata: "layout.NAME" is "nhwc"
/// for those that changed from [N,C,H,W] to [N,H,W,C], else "keep"; NAME as in the signature.
void ApplyLayout(Graph& graph, Layout layout);

}  // namespace qconvert
