// Which paddings a TFLite file can name. Windows have any pads, as in ONNX, until the passes that
// ask this make the others explicit.
#pragma once

#include "lib/graph/operators.h"

namespace qconvert {

/// Returns whether a window over an NHWC input has no pads (VALID) or exactly those of SAME.
bool IsTflitePadding(const Window& window, const Shape& nhwc, int64_t filter_h, int64_t filter_w);

/// Returns the window without its pads.
Window WithoutPads(Window window);

/// Returns the Pad of an NHWC input that does what the window's pads do.
Pad ExplicitPads(const Window& window, float value);

}  // namespace qconvert
