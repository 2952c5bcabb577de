#include "lib/math/confidence.h"

#include <cmath>

#include "lib/base/check.h"
#include "lib/math/binomial.h"

namespace qconvert {
namespace {

/// Returns the probability of a hit under which at least `hits` hits have a chance of 2.5 %.
double LowerEnd(int64_t hits, int64_t trials) {
  double below = 0, above = 1;
  while (true) {
    const double middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) return below;
    (BinomialUpperTail(trials, hits, middle) < kOneSidedError ? below : above) = middle;
  }
}

/// Returns the deviation of a difference of two that deviate by `a` and `b`.
double DeviationOf(double a, double b, double correlation) {
  return std::sqrt(a * a + b * b - 2 * correlation * a * b);
}

/// Returns the correlation of two shares that exclude each other.
double CorrelationOf(double p, double q) {
  return p == 0 || q == 0 ? 0 : -std::sqrt(p / (1 - q) * q / (1 - p));
}

}  // namespace

Interval ShareInterval(int64_t hits, int64_t trials) {
  Check(trials > 0 && hits >= 0 && hits <= trials, "ShareInterval: no such trials");
  const int64_t misses = trials - hits;
  return {hits == 0 ? 0 : LowerEnd(hits, trials), misses == 0 ? 1 : 1 - LowerEnd(misses, trials)};
}

Interval DifferenceInterval(int64_t lost, int64_t gained, int64_t pairs) {
  const Interval loss = ShareInterval(lost, pairs), gain = ShareInterval(gained, pairs);
  const double all = static_cast<double>(pairs);
  const double p_lost = static_cast<double>(lost) / all,
               p_gained = static_cast<double>(gained) / all;
  const double correlation = CorrelationOf(p_lost, p_gained);
  const double below = DeviationOf(p_lost - loss.lower, gain.upper - p_gained, correlation);
  const double above = DeviationOf(loss.upper - p_lost, p_gained - gain.lower, correlation);
  return {p_lost - p_gained - below, p_lost - p_gained + above};
}

}  // namespace qconvert
