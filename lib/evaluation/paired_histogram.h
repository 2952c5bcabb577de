// How often two networks have which values of one tensor, side by side in the same bins.
// comparison.h counts activations with it, weight_comparison.h weights; reports draw it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace qconvert {

/// Counts in bins of equal width. kBeside bins lie on each side of a range, so that what a range
/// clips can be seen; the outermost bins hold everything beyond them, too.
struct PairedHistogram {
  static constexpr size_t kBins = 40;
  static constexpr size_t kBeside = 4;

  std::array<uint64_t, kBins> reference{}, candidate{};

  /// Counts values.
  ///   min, max  ends of the range, min < max: the same in every call
  void Add(std::span<const float> reference_values, std::span<const float> candidate_values,
           float min, float max);
  void Merge(const PairedHistogram& other);

  /// Returns the width of a bin of that range.
  static double WidthOf(double min, double max) { return (max - min) / (kBins - 2 * kBeside); }
};

}  // namespace qconvert
