// What is known of the values that weights are multiplied with. Observed by calibration/, read by
// weight_scale.h.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qconvert {

/// Mean and variance of each channel, the last axis of a tensor.
struct ChannelMoments {
  std::vector<float> mean;      ///< [C], real units
  std::vector<float> variance;  ///< [C], real units squared
};

/// Returns the sums that moments are made of, those of several tensors being added value by value.
///   values  [.., C]; of many positions an even sample of some hundreds counts
///   result  [1 + 2 C]: the number of positions, sums of each channel, sums of squares of each
std::vector<double> SumMoments(std::span<const float> values, size_t channels);

/// Returns the moments of the channels whose sums they are; no positions have none.
///   sums  [1 + 2 C]
ChannelMoments MomentsOfSums(std::span<const double> sums);

}  // namespace qconvert
