// Mean and variance of the channels that weights are multiplied with. The search of weight scales
// reads them.
#pragma once

#include <optional>

#include "lib/calibration/evidence.h"
#include "lib/calibration/tree_sum.h"
#include "lib/math/channel_moments.h"

namespace qconvert {

/// Statistic: moments of each channel, the last axis of the tensor.
class Moments : public Statistic {
 public:
  static const StatisticKind kKind;

  /// `sums` as SumMoments gives them.
  explicit Moments(TreeSum sums) : sums_(std::move(sums)) {}

  ChannelMoments moments() const { return MomentsOfSums(sums_.Total()); }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  TreeSum sums_;  // of vectors [1 + 2 C]
};

/// Returns the moments of a tensor's channels; nothing when they were not observed.
std::optional<ChannelMoments> MomentsOf(const Evidence& evidence, const Tensor& tensor);

}  // namespace qconvert
