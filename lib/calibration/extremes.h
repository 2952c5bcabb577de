// The smallest and largest value that a tensor ever had: exact, whatever the order. The range
// method min/max takes it, and so does every other one for tensors that must not be clipped.
#pragma once

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Statistic: min and max over all samples.
class Extremes : public Statistic {
 public:
  static const StatisticKind kKind;

  explicit Extremes(Range range) : range_(range) {}

  Range range() const { return range_; }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  Range range_;
};

/// Reads a range that Write has written.
///   Throws Error(kUnusable) when it is none: an end is not finite, or min > max.
Range ReadRange(ByteReader& reader);
void WriteRange(const Range& range, ByteWriter& writer);

}  // namespace qconvert
