// Copies a block of elements between strided places, whatever their type: what operators that only
// move elements have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/graph/shape.h"
#include "lib/ops/kernel.h"

namespace qconvert {

/// One side of a copy: the first element's place and the distance along each axis, in elements.
/// Distances may be 0 or negative.
struct StridedPlace {
  std::byte* bytes = nullptr;
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

/// Copies a block of `shape` from one place to another.
void CopyStrided(const Shape& shape, size_t element_bytes, const StridedPlace& from,
                 const StridedPlace& to);

/// Returns a tensor's bytes as a dense row-major place.
StridedPlace Dense(const TensorView& view);

}  // namespace qconvert
