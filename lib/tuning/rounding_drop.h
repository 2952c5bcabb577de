// Which elements of activations stay as they were computed while a block is trained (QDrop, Wei et
// al. 2022, arXiv:2203.05740, equation 8). simulation_run.h asks when it rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/graph/tensor.h"

namespace qconvert {

/// By element of a tensor: 1 where it is not rounded, else 0.
using UnroundedMask = std::vector<int32_t>;

/// Leaves each element unrounded with probability 1/2, by a draw that depends on the seed, the
/// tensor and the element alone.
class RoundingDrop {
 public:
  enum class Share : uint8_t { kNone, kHalf, kAll };

  RoundingDrop() = default;
  RoundingDrop(Share share, uint64_t seed) : share_(share), seed_(seed) {}

  bool any() const { return share_ != Share::kNone; }

  /// Returns the draw of one sample among several.
  RoundingDrop For(uint64_t sample) const;

  /// Writes which elements of a tensor are not rounded.
  void Draw(TensorId tensor, size_t count, UnroundedMask& mask) const;

 private:
  Share share_ = Share::kNone;
  uint64_t seed_ = 0;
};

/// Takes over the elements that are not rounded.
///   unrounded  of the length of `values`
void TakeUnrounded(const UnroundedMask& mask, std::span<const float> unrounded,
                   std::span<float> values);

}  // namespace qconvert
