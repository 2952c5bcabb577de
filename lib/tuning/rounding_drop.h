// Which elements of activations stay as they were computed while a block is trained (QDrop, Wei et
// al. 2022, arXiv:2203.05740, equation 8). simulation_run.h asks when it rounds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/graph/tensor.h"
#include "lib/math/drawn_number.h"

namespace qconvert {

/// Leaves each element unrounded with probability 1/2, by a draw that depends on the seed, the
/// tensor and the element alone.
class RoundingDrop {
 public:
  enum class Share : uint8_t { kNone, kHalf, kAll };

  RoundingDrop() = default;
  RoundingDrop(Share share, uint64_t seed) : share_(share), seed_(seed) {}

  bool any() const { return share_ != Share::kNone; }

  /// Returns the draw of one sample among several.
  RoundingDrop For(uint64_t sample) const { return {share_, DrawnBits(seed_, sample)}; }

  /// Calls keep(i) for the elements i of a tensor that are not rounded.
  ///   count  of its elements
  template <typename Keep>
  void ForEachUnrounded(TensorId tensor, size_t count, const Keep& keep) const {
    if (!any()) return;
    for (size_t word = 0; word * 64 < count; ++word) {
      const uint64_t bits =
          share_ == Share::kAll ? ~uint64_t{0}
                                : DrawnBits(seed_ + static_cast<uint64_t>(tensor), word);
      const size_t last = std::min(count, word * 64 + 64);
      for (size_t i = word * 64; i < last; ++i) {
        if ((bits >> (i % 64) & 1) != 0) keep(i);
      }
    }
  }

 private:
  Share share_ = Share::kNone;
  uint64_t seed_ = 0;
};

}  // namespace qconvert
