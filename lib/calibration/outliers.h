// Finds blank and broken samples by how far a tensor reaches on them: a stated test, so that one
// bad sample of thirty does not decide a range.
#pragma once

#include <vector>

#include "lib/calibration/outermost_samples.h"

namespace qconvert {

/// The range of a tensor without its outliers.
struct KeptExtremes {
  Range range;
  std::vector<size_t> left_out;  ///< samples, ascending
};

/// Returns the extremes of a tensor over the samples that pass the test. The r outermost samples of
/// an end fail together, r being at most 1 for 8 samples or more, and 1 in 30, when
///   - an exponential tail, fitted to the samples behind them, would reach so far once in 10,000
///     calibrations, and
///   - they would more than double the range.
///   samples  number of samples that `ends` has seen
KeptExtremes RejectOutliers(const OutermostSamples& ends, size_t samples);

}  // namespace qconvert
