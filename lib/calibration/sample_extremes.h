// The smallest and largest value of a tensor on every sample: the moving average, which depends on
// their order, folds them when all are there. 8 bytes a tensor and sample.
#pragma once

#include <span>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Statistic: min and max of each sample.
class SampleExtremes : public Statistic {
 public:
  static const StatisticKind kKind;

  explicit SampleExtremes(std::vector<Range> ranges) : ranges_(std::move(ranges)) {}

  std::span<const Range> ranges() const { return ranges_; }  ///< in the order of the samples

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  std::vector<Range> ranges_;
};

}  // namespace qconvert
