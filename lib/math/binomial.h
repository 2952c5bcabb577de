// How likely a number of hits is when each trial hits with the same probability. After it: the
// tests of significance in evaluation/.
#pragma once

#include <cstdint>

namespace qconvert {

/// Returns P(X >= hits) of a binomial X: `trials` independent trials, each of which hits with
/// `probability`; sum over i >= hits of C(n, i) p^i (1 - p)^(n - i).
///   trials       at least 0
///   probability  in [0, 1]
///   The relative error is below 1e-14 (1 + n log n).
double BinomialUpperTail(int64_t trials, int64_t hits, double probability);

/// Returns whether two counts of rare events, such as wrong answers on the same samples, differ by
/// no more than chance explains: by two standard deviations. The variance of the difference is that
/// of two Poisson counts, a + b; samples that both count make it smaller, so the test is careful.
bool IsByChance(uint64_t a, uint64_t b);

}  // namespace qconvert
