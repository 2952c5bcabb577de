#include "lib/math/binomial.h"

#include <algorithm>
#include <cmath>

#include "lib/base/check.h"

namespace qconvert {
namespace {

/// Returns C(n, k) p^k (1 - p)^(n - k), for p in (0, 1): by logarithms, since the factors overflow.
double Mass(int64_t n, int64_t k, double p) {
  const auto trials = static_cast<double>(n), hits = static_cast<double>(k);
  const double choices =
      std::lgamma(trials + 1) - std::lgamma(hits + 1) - std::lgamma(trials - hits + 1);
  return std::exp(choices + hits * std::log(p) + (trials - hits) * std::log1p(-p));
}

/// Returns P(X >= k) where k lies above the mean: there each term is smaller than the one before
/// it, so the sum begins with its largest and nothing cancels.
double TailAboveMean(int64_t n, int64_t k, double p) {
  double term = Mass(n, k, p), sum = 0;
  for (int64_t i = k; i <= n && sum + term != sum; ++i) {
    sum += term;
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1) * (p / (1 - p));
  }
  return sum;
}

}  // namespace

double BinomialUpperTail(int64_t trials, int64_t hits, double probability) {
  Check(trials >= 0 && probability >= 0 && probability <= 1, "BinomialUpperTail: no such trials");
  if (hits <= 0) return 1;
  if (hits > trials || probability == 0) return 0;
  if (probability == 1) return 1;
  if (static_cast<double>(hits) > static_cast<double>(trials) * probability) {
    return TailAboveMean(trials, hits, probability);
  }
  // P(X >= k) = 1 - P(n - X >= n - k + 1), and the misses n - X lie above their own mean there.
  return 1 - TailAboveMean(trials, trials - hits + 1, 1 - probability);
}

bool IsByChance(uint64_t a, uint64_t b) {
  const auto more = static_cast<double>(std::max(a, b)), less = static_cast<double>(std::min(a, b));
  return more - less <= 2 * std::sqrt(more + less);
}

}  // namespace qconvert
