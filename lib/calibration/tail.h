// What samples that were not seen may hold: the outermost values seen, continued. auto_ranges.cc
// weighs it against rounding; outliers.h asks whether a value is possible at all.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace qconvert {

/// An exponential tail: of as many values as were seen, `count` lie beyond `threshold`, by
/// `mean_excess` on average. It is what most distributions look like far out (a generalized Pareto
/// distribution of shape 0).
struct Tail {
  double threshold = 0;    ///< real units
  double mean_excess = 0;  ///< real units, at least 0
  double count = 0;

  /// Returns the expected sum of squared distances of values beyond an end.
  ///   end  at least `threshold`
  double SquaresBeyond(double end) const;

  /// Returns the end beyond which a value is expected once in 1 / `chance` sets of as many values.
  double EndOf(double chance) const;
};

/// Fits a tail to the outermost values.
///   outermost  from the outermost inwards, at least two
///   at(i)      value i of `outermost`, growing outwards
Tail FitTail(size_t outermost, const std::function<double(size_t i)>& at);

}  // namespace qconvert
