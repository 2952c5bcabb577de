// TFLite's two paddings. Before: windows with any pads, as ONNX has them. After: passes that make
// the rest explicit.
#pragma once

#include <cstdint>

#include "lib/graph/operators.h"

namespace qconvert {

/// How a window slides along one axis.
struct Sliding {
  int64_t input = 0;  ///< elements
  int filter = 1, stride = 1, dilation = 1;
  int pad_before = 0, pad_after = 0;
};

Sliding SlidingDown(const Window& window, int64_t input_h, int64_t filter_h);
Sliding SlidingAlong(const Window& window, int64_t input_w, int64_t filter_w);

/// Returns whether the pads are those of SAME: the output has ceil(input / stride) elements, the
/// odd pad comes behind.
bool IsSame(const Sliding& sliding);

/// Returns whether a file can hold the window: VALID on both axes (no pads), or SAME on both.
bool IsTflitePadding(const Sliding& down, const Sliding& along);

}  // namespace qconvert
