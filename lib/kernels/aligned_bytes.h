// Bytes whose first lies at the beginning of a line of the cache, for packed weights: vectors as
// long as a line never cross two.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "lib/base/alignment.h"

namespace qconvert {

class AlignedBytes {
 public:
  AlignedBytes() = default;
  /// Makes `size` zeros.
  explicit AlignedBytes(size_t size) : lines_(CeilDiv(size, kCacheLine)) {}

  std::byte* data() { return reinterpret_cast<std::byte*>(lines_.data()); }
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(lines_.data()); }

 private:
  struct alignas(kCacheLine) Line {
    std::array<std::byte, kCacheLine> bytes{};
  };
  std::vector<Line> lines_;
};

}  // namespace qconvert
