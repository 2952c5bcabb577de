// How far apart the largest scores of a softmax's rows lie. softmax_ranges.h tells from it which
// scores have probability 0 in every row.
#pragma once

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Statistic: the lowest and the highest of the maxima of rows, the last axis, over all samples.
/// Rows whose every value is masked do not count: their maximum lies more than kMaskedBelow under
/// the largest value of the sample.
class RowMaxima : public Statistic {
 public:
  static const StatisticKind kKind;
  /// Steps of int8 over a range of 256 are e-fold: no softmax survives them, so no score lies
  /// there.
  static constexpr float kMaskedBelow = 256;

  explicit RowMaxima(Range range) : range_(range) {}

  Range range() const { return range_; }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  Range range_;
};

}  // namespace qconvert
