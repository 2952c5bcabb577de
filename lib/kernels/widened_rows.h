// Rows of an int8 or int16 image as integer convolutions read them: 16 bits wide, less the zero
// point, with zeros around.
#pragma once

#include <cstdint>

#include "lib/graph/shape.h"

namespace qconvert {

class WidenedRows {
 public:
  /// Describes rows of images [N,H,W,C] that have `pad_left` pixels of zeros in front and are
  /// `columns` pixels long with them.
  WidenedRows(const Shape& images, int pad_left, int64_t columns, int32_t zero_point);

  /// Returns the elements of a row.
  size_t elements() const { return elements_; }

  /// Widens rows [top, top + count) of one image; those outside of it are zeros.
  ///   widened  [count, columns, C]
  ///   T  int8_t, or int16_t with zero point 0
  template <typename T>
  void Widen(const T* image, int64_t top, size_t count, int16_t* widened) const;

 private:
  int64_t height_;
  size_t image_elements_, border_, elements_;  // of a row: in the image, zeros in front, in all
  int32_t zero_point_;
};

}  // namespace qconvert
