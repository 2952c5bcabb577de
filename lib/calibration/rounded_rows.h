// How much of the rows of a softmax is lost where its probabilities are rounded to some step.
// quantization/wide_softmaxes.h asks it whether 8 bits hold them.
#pragma once

#include <array>
#include <utility>

#include "lib/calibration/tree_sum.h"

namespace qconvert {

/// Statistic: of the result of each Softmax how much rounding changes the rows (the last axis),
/// summed over those of all samples. A row has probabilities p with errors e. What it weights
/// changes by sum e^2 / sum p^2 of its energy where it differs from value to value, and by
/// (sum e)^2, the square of the probability that is lost, where it is the same: that counts four
/// times, and the larger of both is the row's.
class RoundedRows : public Statistic {
 public:
  static const StatisticKind kKind;
  /// Steps from that of int8 on, each half of the one before.
  static constexpr size_t kSteps = 10;
  static constexpr float kFirstStep = 1.0F / 256;

  /// `sums` of [kSteps + 1]: of each step the rows' errors; how many rows there are.
  explicit RoundedRows(TreeSum sums) : sums_(std::move(sums)) {}

  /// Returns the mean over the rows for the largest step that is not above `step`, or for the
  /// smallest one. 0: nothing is lost; 1: as if all probabilities were 0.
  double MeanError(float step) const;

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 private:
  TreeSum sums_;
};

}  // namespace qconvert
