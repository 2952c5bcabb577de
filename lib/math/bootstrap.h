// Intervals of figures that are no shares, such as an SQNR: the samples are drawn again and again,
// with repetition, and the figures of the draws show how much they depend on the samples. After it:
// the gates in evaluation/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lib/math/confidence.h"

namespace qconvert {

/// Computes a figure of samples of which number i counts times[i] times; NaN when it has none.
using DrawnFigure = std::function<double(std::span<const uint32_t> times)>;

/// Fewer samples give no interval: their figures may all lie on one side of the true one, which of
/// 6 happens in 2^-6 of cases, less often than an end may be wrong, but of 5 in 2^-5.
inline constexpr size_t kFewestSamples = 6;

/// How often all samples are drawn.
inline constexpr size_t kDraws = 2000;

/// Returns the numbers of the samples in draw number `draw`: as many as there are, seeded.
std::vector<uint32_t> DrawnSamples(size_t samples, size_t draw);

/// Returns the 95 % interval of a figure by the figures of draws, in any order.
///   Its ends are percentiles of them (Efron 1979), a little further out than 2.5 and 97.5: with t
///   Student's quantile at 97.5 %, as far as t sqrt(n / (n - 1)) deviations are in a normal
///   distribution, because draws of n samples spread too little (Hesterberg 2015).
///   Fewer than kFewestSamples samples, or a NaN among the figures, give (-inf, inf).
Interval PercentileInterval(std::vector<double> figures, size_t samples);

/// Returns the interval of each figure, all from the same kDraws draws.
///   As PercentileInterval, with the percentiles moved by the bias and the acceleration (BCa, Efron
///   1987): a few samples with most of the noise make the draws lean to one side. The acceleration
///   is that of the figures without one sample each.
std::vector<Interval> BootstrapIntervals(size_t samples, const std::vector<DrawnFigure>& figures);

}  // namespace qconvert
