// Walks an image [N,H,W,C] with a window: which taps of the filter read which pixels at each place.
// After window.h, which says how many places there are; used by the plain loops of convolutions and
// pools.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/graph/operators.h"

namespace qconvert {

/// The taps of a filter that fall inside the image along one axis; tap k reads origin + k dilation.
struct TapRange {
  int64_t origin = 0, begin = 0, end = 0, dilation = 1;
};

inline TapRange TapsInside(int64_t place, int64_t size, int64_t filter, int stride, int dilation,
                           int pad_before) {
  const auto rounded_up = [&](int64_t x) { return x <= 0 ? 0 : (x + dilation - 1) / dilation; };
  const int64_t origin = place * stride - pad_before;
  const int64_t begin = rounded_up(-origin);
  return {origin, begin, std::max(begin, std::min(filter, rounded_up(size - origin))), dilation};
}

/// The taps of a filter that fall inside the image.
struct Taps {
  TapRange rows, columns;
  int64_t filter_w = 1, image_w = 1;
  int64_t first_pixel = 0;  ///< of this entry of the batch

  int64_t count() const { return (rows.end - rows.begin) * (columns.end - columns.begin); }
  /// Calls visit(tap, pixel): tap [KH,KW] reads pixel [N,H,W].
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (int64_t ky = rows.begin; ky < rows.end; ++ky) {
      const int64_t row = first_pixel + (rows.origin + ky * rows.dilation) * image_w;
      for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
        visit(static_cast<size_t>(ky * filter_w + kx),
              static_cast<size_t>(row + columns.origin + kx * columns.dilation));
      }
    }
  }
};

/// Calls visit(place, taps) for every place [N,OH,OW] of the window.
template <typename Visit>
void ForEachPlace(const Window& window, int64_t filter_h, int64_t filter_w, const Shape& image,
                  const Shape& places, Visit visit) {
  size_t place = 0;
  Taps taps;
  taps.filter_w = filter_w;
  taps.image_w = image[2];
  for (int64_t n = 0; n < places[0]; ++n) {
    taps.first_pixel = n * image[1] * image[2];
    for (int64_t y = 0; y < places[1]; ++y) {
      taps.rows =
          TapsInside(y, image[1], filter_h, window.stride_h, window.dilation_h, window.pad_top);
      for (int64_t x = 0; x < places[2]; ++x) {
        taps.columns =
            TapsInside(x, image[2], filter_w, window.stride_w, window.dilation_w, window.pad_left);
        visit(place++, static_cast<const Taps&>(taps));
      }
    }
  }
}

}  // namespace qconvert
