#include "lib/evaluation/nearer.h"

#include "lib/math/binomial.h"

namespace qconvert {

bool IsNearer(const Comparison& one, const Comparison& other, double gain_db) {
  const double gained = one.worst_sqnr_db() - other.worst_sqnr_db();
  if (!(gained > 0 && gained >= gain_db)) return false;
  if (!one.agreement) return true;
  const auto misses = [](const Comparison& comparison) {
    return comparison.samples - *comparison.agreement;
  };
  return misses(one) <= misses(other) || IsByChance(misses(one), misses(other));
}

}  // namespace qconvert
