#include "lib/passes/tflite_padding.h"

#include <algorithm>

namespace qconvert {

Sliding SlidingDown(const Window& window, int64_t input_h, int64_t filter_h) {
  return {input_h,        static_cast<int>(filter_h), window.stride_h, window.dilation_h,
          window.pad_top, window.pad_bottom};
}

Sliding SlidingAlong(const Window& window, int64_t input_w, int64_t filter_w) {
  return {input_w,         static_cast<int>(filter_w),
          window.stride_w, window.dilation_w,
          window.pad_left, window.pad_right};
}

bool IsSame(const Sliding& sliding) {
  const int64_t extent = int64_t{sliding.filter - 1} * sliding.dilation + 1;
  const int64_t output = (sliding.input + sliding.stride - 1) / sliding.stride;
  const int64_t pad = std::max<int64_t>((output - 1) * sliding.stride + extent - sliding.input, 0);
  return sliding.pad_before == pad / 2 && sliding.pad_after == pad - pad / 2;
}

bool IsTflitePadding(const Sliding& down, const Sliding& along) {
  const bool none =
      down.pad_before == 0 && down.pad_after == 0 && along.pad_before == 0 && along.pad_after == 0;
  return none || (IsSame(down) && IsSame(along));
}

}  // namespace qconvert
