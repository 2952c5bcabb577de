#include "lib/ops/strided_copy.h"

#include <cstring>

namespace qconvert {
namespace {

/// A row of elements of a known size, so that the compiler copies each in one move.
template <typename T>
void CopyRow(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride,
             int64_t count) {
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < count; ++i) target[i * to_stride] = source[i * from_stride];
}

void CopyElements(size_t element_bytes, const std::byte* from, int64_t from_stride, std::byte* to,
                  int64_t to_stride, int64_t count) {
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * element_bytes);
  } else if (element_bytes == 1) {
    CopyRow<uint8_t>(from, from_stride, to, to_stride, count);
  } else if (element_bytes == 2) {
    CopyRow<uint16_t>(from, from_stride, to, to_stride, count);
  } else if (element_bytes == 4) {
    CopyRow<uint32_t>(from, from_stride, to, to_stride, count);
  } else {
    CopyRow<uint64_t>(from, from_stride, to, to_stride, count);
  }
}

/// Joins axes that both sides walk without a gap, so that the innermost run is as long as it can
/// be.
void MergeAxes(Shape& shape, std::vector<int64_t>& from, std::vector<int64_t>& to) {
  for (size_t axis = shape.size(); axis-- > 1;) {
    const bool joined =
        from[axis - 1] == from[axis] * shape[axis] && to[axis - 1] == to[axis] * shape[axis];
    if (!joined && shape[axis - 1] != 1) continue;
    shape[axis] *= shape[axis - 1];
    for (auto* list : {&shape, &from, &to}) {
      list->erase(list->begin() + static_cast<std::ptrdiff_t>(axis - 1));
    }
  }
}

}  // namespace

void CopyStrided(const Shape& block, size_t element_bytes, const StridedPlace& from_place,
                 const StridedPlace& to_place) {
  Shape shape = block;
  std::vector<int64_t> from = from_place.strides, to = to_place.strides;
  if (NumElements(shape) == 0) return;
  MergeAxes(shape, from, to);
  const auto size = static_cast<int64_t>(element_bytes);
  const int64_t columns = shape.empty() ? 1 : shape.back();
  const int64_t from_step = shape.empty() ? 1 : from.back(),
                to_step = shape.empty() ? 1 : to.back();
  const int64_t rows = NumElements(shape) / columns;
  std::vector<int64_t> index(shape.size(), 0);
  int64_t from_at = from_place.offset, to_at = to_place.offset;
  for (int64_t row = 0; row < rows; ++row) {
    CopyElements(element_bytes, from_place.bytes + from_at * size, from_step,
                 to_place.bytes + to_at * size, to_step, columns);
    for (size_t axis = shape.size(); axis-- > 1;) {
      const size_t outer = axis - 1;
      from_at += from[outer];
      to_at += to[outer];
      if (++index[outer] < shape[outer]) break;
      from_at -= from[outer] * shape[outer];
      to_at -= to[outer] * shape[outer];
      index[outer] = 0;
    }
  }
}

StridedPlace Dense(const TensorView& view) {
  return {view.bytes, 0, RowMajorStrides(view.shape())};
}

}  // namespace qconvert
