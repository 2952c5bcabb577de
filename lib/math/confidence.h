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
///   Square and add (Newcombe 1998, Zou and Donner 2008): with p the two shares, [l, u] their
///   intervals and r their correlation, the lower end lies sqrt(a^2 + b^2 - 2 r a b) below the
///   difference, a = p_lost - l_lost and b = u_gained - p_gained; the upper end alike. Of a
///   multinomial r = -sqrt(p_lost p_gained / ((1 - p_lost) (1 - p_gained))): a pair that is lost
///   cannot be gained.
Interval DifferenceInterval(int64_t lost, int64_t gained, int64_t pairs);

}  // namespace qconvert
