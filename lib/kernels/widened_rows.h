// Rows of an image as integer convolutions read them, with padding around: 16 bits wide, less the
// zero point; or the bytes as they are.
#pragma once

#include <cstdint>

#include "lib/graph/shape.h"

namespace qconvert {

class WidenedRows {
 public:
  /// Describes rows of images [N,H,W,C] that have `pad_left` pixels of padding in front and are
  /// `columns` pixels long with them.
  WidenedRows(const Shape& images, int pad_left, int64_t columns, int32_t zero_point);

  /// Returns the elements of a row.
  size_t elements() const { return elements_; }

  /// Widens rows [top, top + count) of one image; those outside of it are padding, the zero point.
  ///   widened  [count, columns, C]
  ///   From, To  int8_t, or int16_t with zero point 0, to int16_t; uint8_t to itself
  template <typename From, typename To>
  void Widen(const From* image, int64_t top, size_t count, To* widened) const;

 private:
  int64_t height_;
  size_t image_elements_, border_, elements_;  // of a row: in the image, in front of it, in all
  int32_t zero_point_;
};

}  // namespace qconvert
