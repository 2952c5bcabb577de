// The smallest and largest value of each channel of what linear operators compute. Equalization
// reads which channels a cap never cuts and which are never 0.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/calibration/evidence.h"

namespace qconvert {

/// Statistic: the extremes of each channel, the last axis of a result of weights, over all samples.
class ChannelExtremes : public Statistic {
 public:
  static const StatisticKind kKind;

  /// `ranges` by channel.
  explicit ChannelExtremes(std::vector<Range> ranges) : ranges_(std::move(ranges)) {}

  const std::vector<Range>& ranges() const { return ranges_; }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  std::vector<Range> ranges_;
};

/// Returns the ranges of channels of all tensors that were observed, by the tensor's name.
std::map<std::string, std::vector<Range>> ChannelRangesOf(const Graph& graph,
                                                          const Evidence& evidence);

}  // namespace qconvert
