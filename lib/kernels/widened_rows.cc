#include "lib/kernels/widened_rows.h"

#include <algorithm>
#include <type_traits>

#include "lib/kernels/int8_gemm.h"

namespace qconvert {
namespace {

void WidenElements(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  WidenInt8(from, count, zero_point, to);
}
template <typename T>
void WidenElements(const T* from, size_t count, int32_t, T* to) {
  std::copy_n(from, count, to);
}

}  // namespace

WidenedRows::WidenedRows(const Shape& images, int pad_left, int64_t columns, int32_t zero_point)
    : height_(images[1]),
      image_elements_(static_cast<size_t>(images[2] * images[3])),
      border_(static_cast<size_t>(std::min<int64_t>(pad_left, columns) * images[3])),
      elements_(static_cast<size_t>(columns * images[3])),
      zero_point_(zero_point) {}

template <typename From, typename To>
void WidenedRows::Widen(const From* image, int64_t top, size_t count, To* widened) const {
  const auto padding = static_cast<To>(std::is_same_v<To, uint8_t> ? zero_point_ : 0);
  const size_t inside = std::min(image_elements_, elements_ - border_);
  const int64_t end = top + static_cast<int64_t>(count);
  if (inside == elements_ && inside == image_elements_ && top >= 0 && end <= height_) {
    const From* first = image + static_cast<size_t>(top) * elements_;
    return WidenElements(first, count * elements_, zero_point_, widened);
  }
  for (int64_t y = top; y < end; ++y, widened += elements_) {
    if (y < 0 || y >= height_) {
      std::fill_n(widened, elements_, padding);
      continue;
    }
    std::fill_n(widened, border_, padding);
    WidenElements(image + static_cast<size_t>(y) * image_elements_, inside, zero_point_,
                  widened + border_);
    std::fill(widened + border_ + inside, widened + elements_, padding);
  }
}

template void WidenedRows::Widen(const int8_t*, int64_t, size_t, int16_t*) const;
template void WidenedRows::Widen(const int16_t*, int64_t, size_t, int16_t*) const;
template void WidenedRows::Widen(const uint8_t*, int64_t, size_t, uint8_t*) const;

}  // namespace qconvert
