#include "lib/kernels/strided_copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lib/base/alignment.h"
#include "lib/base/error.h"

namespace qconvert {
namespace {

/// A run of neighbouring bytes. Short ones are not worth a call.
void CopyBytes(const std::byte* from, std::byte* to, size_t count) {
  constexpr size_t kBlock = 16, kShort = 512;
  if (count < kBlock || count > kShort) {
    std::memcpy(to, from, count);
    return;
  }
  for (size_t i = 0; i + kBlock <= count; i += kBlock) std::memcpy(to + i, from + i, kBlock);
  std::memcpy(to + count - kBlock, from + count - kBlock, kBlock);  // may overlap the last one
}

/// Elements of a known size, so that the compiler copies each in one move.
template <typename T>
void CopyElements(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride,
                  int64_t count) {
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < count; ++i) target[i * to_stride] = source[i * from_stride];
}

/// Elements along one axis of both sides.
struct Line {
  int64_t count, from_step, to_step;
  size_t element_bytes;

  void Copy(const std::byte* from, std::byte* to) const {
    if (from_step == 1 && to_step == 1) {
      CopyBytes(from, to, static_cast<size_t>(count) * element_bytes);
    } else if (element_bytes == 1) {
      CopyElements<uint8_t>(from, from_step, to, to_step, count);
    } else if (element_bytes == 2) {
      CopyElements<uint16_t>(from, from_step, to, to_step, count);
    } else if (element_bytes == 4) {
      CopyElements<uint32_t>(from, from_step, to, to_step, count);
    } else {
      CopyElements<uint64_t>(from, from_step, to, to_step, count);
    }
  }
};

/// Joins axes that both sides walk without a gap, so that the innermost run is as long as it can
/// be.
void MergeAxes(AxisNumbers& shape, AxisNumbers& from, AxisNumbers& to) {
  for (size_t axis = shape.size(); axis-- > 1;) {
    const bool joined =
        from[axis - 1] == from[axis] * shape[axis] && to[axis - 1] == to[axis] * shape[axis];
    if (!joined && shape[axis - 1] != 1) continue;
    shape[axis] *= shape[axis - 1];
    for (AxisNumbers* list : {&shape, &from, &to}) list->erase(axis - 1);
  }
}

/// Walks the longer of the two innermost axes in one run where the other one is short: channels of
/// an image.
void PutLongAxisLast(AxisNumbers& shape, AxisNumbers& from, AxisNumbers& to) {
  constexpr int64_t kShort = 8;
  const size_t last = shape.size() - 1;
  if (shape.size() < 2 || shape[last] >= kShort || shape[last - 1] <= shape[last]) return;
  for (AxisNumbers* list : {&shape, &from, &to}) std::swap((*list)[last], (*list)[last - 1]);
}

int64_t Product(const AxisNumbers& shape) {
  int64_t product = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) product *= shape[axis];
  return product;
}

/// Returns whether the innermost run jumps over what the axis outside of it walks: a transpose.
/// Copied line by line of the result, it finds each line of the source in the cache.
bool JumpsInside(const AxisNumbers& shape, const AxisNumbers& from) {
  const size_t last = shape.size() - 1;
  return shape.size() > 1 && std::abs(from[last]) > std::abs(from[last - 1]) && from[last - 1] != 0;
}

/// Copies lines of the last axis, one after the other along the axis before it.
void CopyLines(const AxisNumbers& shape, size_t element_bytes, const StridedPlace& from,
               const StridedPlace& to) {
  const size_t rank = shape.size();
  const Line line = rank == 0
                        ? Line{1, 1, 1, element_bytes}
                        : Line{shape.back(), from.strides.back(), to.strides.back(), element_bytes};
  const auto size = static_cast<int64_t>(element_bytes);
  const int64_t lines = rank < 2 ? 1 : shape[rank - 2];
  const int64_t from_step = rank < 2 ? 0 : from.strides[rank - 2] * size;
  const int64_t to_step = rank < 2 ? 0 : to.strides[rank - 2] * size;
  const int64_t planes = Product(shape) / (line.count * lines);
  std::array<int64_t, 32> index{};
  int64_t from_at = from.offset, to_at = to.offset;
  for (int64_t plane = 0; plane < planes; ++plane) {
    const std::byte* source = from.bytes + from_at * size;
    std::byte* target = to.bytes + to_at * size;
    for (int64_t i = 0; i < lines; ++i) line.Copy(source + i * from_step, target + i * to_step);
    for (size_t axis = rank; axis-- > 2;) {
      const size_t outer = axis - 2;
      from_at += from.strides[outer];
      to_at += to.strides[outer];
      if (++index[outer] < shape[outer]) break;
      from_at -= from.strides[outer] * shape[outer];
      to_at -= to.strides[outer] * shape[outer];
      index[outer] = 0;
    }
  }
}

}  // namespace

void AxisNumbers::push_back(int64_t number) {
  if (size_ == numbers_.size()) Fail(ErrorKind::kUnsupported, "more than 32 axes");
  numbers_[size_++] = number;
}

void AxisNumbers::erase(size_t axis) {
  std::copy(&numbers_[axis] + 1, numbers_.data() + size_, &numbers_[axis]);
  --size_;
}

void CopyStrided(AxisNumbers shape, size_t element_bytes, const StridedPlace& from_place,
                 const StridedPlace& to_place) {
  StridedPlace from = from_place, to = to_place;
  if (Product(shape) == 0) return;
  MergeAxes(shape, from.strides, to.strides);
  PutLongAxisLast(shape, from.strides, to.strides);
  if (!JumpsInside(shape, from.strides)) return CopyLines(shape, element_bytes, from, to);
  const int64_t columns = shape.back(), most = static_cast<int64_t>(kCacheLine / element_bytes);
  int64_t& size = shape[shape.size() - 1];
  for (int64_t first = 0; first < columns; first += size) {
    size = std::min(most, columns - first);
    CopyLines(shape, element_bytes, from, to);
    from.offset += size * from.strides.back();
    to.offset += size * to.strides.back();
  }
}

StridedPlace Dense(const TensorView& view) {
  StridedPlace place{view.bytes, 0, AxisNumbers(view.shape())};
  int64_t stride = 1;
  for (size_t axis = view.shape().size(); axis-- > 0;) {
    place.strides[axis] = stride;
    stride *= view.shape()[axis];
  }
  return place;
}

}  // namespace qconvert
