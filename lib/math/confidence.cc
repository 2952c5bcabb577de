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

/// std::hypot would need a newer C library than all else does.
double Distance(double a, double b) { return std::sqrt(a * a + b * b); }

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
  const double below = Distance(p_lost - loss.lower, gain.upper - p_gained);
  const double above = Distance(loss.upper - p_lost, p_gained - gain.lower);
  return {p_lost - p_gained - below, p_lost - p_gained + above};
}

}  // namespace qconvert
