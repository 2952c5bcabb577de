// Folds the ranges that samples show into one range per tensor, in the order of the samples.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lib/math/affine.h"

namespace qconvert {

/// How the ranges of several batches become one.
enum class RangeMethod {
  kMovingAverage,  ///< the paper's section 2.5: an exponential moving average of min and max
  kMinMax          ///< the extremes ever seen
};

/// One range per tensor id; nothing for tensors that were not observed.
using Ranges = std::vector<std::optional<Range>>;

/// Accumulates ranges batch by batch (batches of one sample).
class RangeRecorder {
 public:
  /// `decay` in [0, 1): the weight of what was seen before, for kMovingAverage; the first batch
  /// initialises.
  RangeRecorder(size_t tensors, RangeMethod method, float decay)
      : ranges_(tensors), method_(method), decay_(decay) {}

  /// Folds in one sample's observed ranges.
  void Add(const Ranges& observed);

  /// Returns the ranges, each relaxed to include zero ((2.1, 3.5) becomes (0, 3.5); section 2.1).
  Ranges Relaxed() const;

 private:
  Ranges ranges_;
  RangeMethod method_;
  float decay_;
};

/// Returns the smallest and largest of `values`; nothing when one of them is not finite.
std::optional<Range> FiniteRange(std::span<const float> values);

}  // namespace qconvert
