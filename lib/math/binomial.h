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

}  // namespace qconvert
