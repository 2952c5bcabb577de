#include "lib/kernels/widened_rows.h"

#include <algorithm>

#include "lib/kernels/int8_gemm.h"

namespace qconvert {
namespace {

void WidenElements(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  WidenInt8(from, count, zero_point, to);
}
void WidenElements(const int16_t* from, size_t count, int32_t, int16_t* to) {
  std::copy_n(from, count, to);
}

}  // namespace

WidenedRows::WidenedRows(const Shape& images, int pad_left, int64_t columns, int32_t zero_point)
    : height_(images[1]),
      image_elements_(static_cast<size_t>(images[2] * images[3])),
      border_(static_cast<size_t>(std::min<int64_t>(pad_left, columns) * images[3])),
      elements_(static_cast<size_t>(columns * images[3])),
      zero_point_(zero_point) {}

template <typename T>
void WidenedRows::Widen(const T* image, int64_t top, size_t count, int16_t* widened) const {
  const size_t inside = std::min(image_elements_, elements_ - border_);
  const int64_t end = top + static_cast<int64_t>(count);
  if (inside == elements_ && inside == image_elements_ && top >= 0 && end <= height_) {
    const T* first = image + static_cast<size_t>(top) * elements_;
    return WidenElements(first, count * elements_, zero_point_, widened);
  }
  for (int64_t y = top; y < end; ++y, widened += elements_) {
    if (y < 0 || y >= height_) {
      std::fill_n(widened, elements_, int16_t{0});
      continue;
    }
    std::fill_n(widened, border_, int16_t{0});
    WidenElements(image + static_cast<size_t>(y) * image_elements_, inside, zero_point_,
                  widened + border_);
    std::fill(widened + border_ + inside, widened + elements_, int16_t{0});
  }
}

template void WidenedRows::Widen<int8_t>(const int8_t*, int64_t, size_t, int16_t*) const;
template void WidenedRows::Widen<int16_t>(const int16_t*, int64_t, size_t, int16_t*) const;

}  // namespace qconvert
