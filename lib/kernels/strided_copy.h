// Copies a block of elements between strided places, whatever their type: what operators that only
// move elements have in common.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "lib/graph/shape.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// A number for each axis, in place: copies are made while a network runs, which allocates nothing.
class AxisNumbers {
 public:
  AxisNumbers() = default;
  AxisNumbers(std::initializer_list<int64_t> numbers) { Append(numbers); }
  explicit AxisNumbers(const Shape& shape) { Append(shape); }

  /// Throws Error(kUnsupported) when there are more than 32.
  template <typename Numbers>
  void Append(const Numbers& numbers) {
    for (int64_t number : numbers) push_back(number);
  }
  void push_back(int64_t number);
  void erase(size_t axis);

  size_t size() const { return size_; }
  const int64_t* begin() const { return numbers_.data(); }
  const int64_t* end() const { return numbers_.data() + size_; }
  int64_t& operator[](size_t axis) { return numbers_.at(axis); }
  int64_t operator[](size_t axis) const { return numbers_.at(axis); }
  int64_t back() const { return numbers_.at(size_ - 1); }

 private:
  std::array<int64_t, 32> numbers_{};
  size_t size_ = 0;
};

/// One side of a copy: the first element's place and the distance along each axis, in elements.
/// Distances may be 0 or negative.
struct StridedPlace {
  std::byte* bytes = nullptr;
  int64_t offset = 0;
  AxisNumbers strides;
};

/// Copies a block of `shape` from one place to another.
void CopyStrided(AxisNumbers shape, size_t element_bytes, const StridedPlace& from,
                 const StridedPlace& to);
inline void CopyStrided(const Shape& shape, size_t element_bytes, const StridedPlace& from,
                        const StridedPlace& to) {
  CopyStrided(AxisNumbers(shape), element_bytes, from, to);
}

/// Returns a tensor's bytes as a dense row-major place.
StridedPlace Dense(const TensorView& view);

}  // namespace qconvert
