// What a number of samples can prove: 95 % confidence intervals of shares that were counted. Comes
// after binomial.h; the gates in evaluation/ decide by them.
#pragma once

#include <cstdint>
#include <limits>

namespace qconvert {

/// Where a figure of all samples like these lies. Each end is wrong in 2.5 % of cases; both are
/// infinite where nothing is known.
struct Interval {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

inline constexpr double kOneSidedError = 0.025;  ///< of each end of a 95 % interval

/// Returns the interval of a share, in [0, 1], of which `hits` of `trials` were seen: the
/// probabilities under which so many hits, or so few, have a chance of at least 2.5 %.
///   Clopper and Pearson (1934): exact, so an end is never wrong more often.
///   trials  at least 1
Interval ShareInterval(int64_t hits, int64_t trials);

/// Returns the interval of (lost - gained) / pairs, in [-1, 1], for pairs of answers of which only
/// the first was right (`lost`) or only the second (`gained`).
///   With p the two shares and [l, u] their intervals: the lower end lies
///   sqrt((p_lost - l_lost)^2 + (u_gained - p_gained)^2) below the difference, the upper end alike
///   (square and add: Newcombe 1998, Zou and Donner 2008). Pairs that agree tell only that they do.
Interval DifferenceInterval(int64_t lost, int64_t gained, int64_t pairs);

}  // namespace qconvert
