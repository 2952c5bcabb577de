#include "lib/passes/tflite_padding.h"

#include "lib/ops/window.h"

namespace qconvert {

bool IsTflitePadding(const Window& window, const Shape& nhwc, int64_t filter_h, int64_t filter_w) {
  const AxisPads h{window.pad_top, window.pad_bottom}, w{window.pad_left, window.pad_right};
  const bool valid = h == AxisPads{} && w == AxisPads{};
  return valid || (h == SamePads(AxisH(window, nhwc[1], filter_h)) &&
                   w == SamePads(AxisW(window, nhwc[2], filter_w)));
}

Window WithoutPads(Window window) {
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 0;
  return window;
}

Pad ExplicitPads(const Window& window, float value) {
  return {
      {0, window.pad_top, window.pad_left, 0}, {0, window.pad_bottom, window.pad_right, 0}, value};
}

}  // namespace qconvert
