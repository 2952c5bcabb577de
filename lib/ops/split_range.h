// Splits long element-by-element loops over the threads of an inference.
#pragma once

#include <algorithm>

#include "lib/ops/kernel.h"

namespace qconvert {

/// Calls body(first, count) for ranges that make up [0, elements), each a multiple of 64 but the
/// last; short loops stay whole, for a thread takes microseconds to come.
template <typename Body>
void SplitRange(const Kernel::Buffers& buffers, size_t elements, const Body& body) {
  constexpr size_t kLeast = size_t{1} << 15, kLine = 64;
  const size_t threads =
      buffers.threads == nullptr ? 1 : static_cast<size_t>(buffers.threads->threads());
  const size_t parts = std::clamp<size_t>(elements / kLeast, 1, threads == 1 ? 1 : 2 * threads);
  const size_t length = (elements / parts + kLine - 1) / kLine * kLine;
  buffers.Split(static_cast<int>(parts), [&](int part, std::byte*) {
    const size_t first = std::min(static_cast<size_t>(part) * length, elements);
    const bool last = static_cast<size_t>(part) + 1 == parts;
    body(first, last ? elements - first : std::min(length, elements - first));
  });
}

}  // namespace qconvert
