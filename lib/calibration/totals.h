// Sum and number of the values that the network is given. With the extremes they tell a user
// whether the samples look like what it was trained on.
#pragma once

#include "lib/calibration/tree_sum.h"

namespace qconvert {

/// Statistic: of graph inputs, the sum of all values and how many there are.
class Totals : public Statistic {
 public:
  static const StatisticKind kKind;

  /// `sums` of [2]: the values' sum, their number.
  explicit Totals(TreeSum sums) : sums_(std::move(sums)) {}

  double sum() const { return sums_.Total()[0]; }
  double count() const { return sums_.Total()[1]; }  ///< exact up to 2^53

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  TreeSum sums_;
};

}  // namespace qconvert
