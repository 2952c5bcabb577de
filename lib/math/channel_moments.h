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

/// Sums values and their squares channel by channel.
class MomentSums {
 public:
  /// Adds values [.., C]; of many positions, an even sample of some hundreds.
  void Add(std::span<const float> values, size_t channels);

  /// Adds what another collected.
  void Add(const MomentSums& other);

  /// Returns the moments; of nothing, none.
  ChannelMoments Moments() const;

 private:
  double positions_ = 0;
  std::vector<double> sum_, sum_of_squares_;
};

}  // namespace qconvert
