#include "lib/math/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

constexpr uint64_t kSeed = 0;

/// Returns Student's quantile at 97.5 % (Abramowitz and Stegun 26.7.5); from 5 degrees of freedom
/// on its relative error is below 0.2 %.
double StudentQuantile(double freedom) {
  const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

/// Returns the share of the draws that lies beyond each end.
double ShareBeyond(size_t samples) {
  const double n = static_cast<double>(samples);
  return std::erfc(StudentQuantile(n - 1) * std::sqrt(n / (n - 1)) / std::sqrt(2.0)) / 2;
}

}  // namespace

std::vector<uint32_t> DrawnSamples(size_t samples, size_t draw) {
  std::vector<uint32_t> drawn(samples);
  for (size_t i = 0; i < samples; ++i) {
    const double at = DrawnNumber(kSeed, draw * samples + i) * static_cast<double>(samples);
    drawn[i] = static_cast<uint32_t>(std::min(static_cast<size_t>(at), samples - 1));
  }
  return drawn;
}

Interval PercentileInterval(std::vector<double> figures, size_t samples) {
  const bool undefined =
      std::any_of(figures.begin(), figures.end(), [](double figure) { return std::isnan(figure); });
  if (samples < kFewestSamples || figures.empty() || undefined) return {};
  std::sort(figures.begin(), figures.end());
  const auto beyond =
      static_cast<size_t>(ShareBeyond(samples) * static_cast<double>(figures.size()));
  return {figures[beyond], figures[figures.size() - 1 - beyond]};
}

std::vector<Interval> BootstrapIntervals(size_t samples, const std::vector<DrawnFigure>& figures) {
  std::vector<Interval> intervals(figures.size());
  if (samples < kFewestSamples || figures.empty()) return intervals;
  std::vector<std::vector<double>> drawn(figures.size(), std::vector<double>(kDraws));
  for (size_t draw = 0; draw < kDraws; ++draw) {
    std::vector<uint32_t> times(samples);
    for (const uint32_t sample : DrawnSamples(samples, draw)) ++times[sample];
    for (size_t k = 0; k < figures.size(); ++k) drawn[k][draw] = figures[k](times);
  }
  for (size_t k = 0; k < figures.size(); ++k) {
    intervals[k] = PercentileInterval(std::move(drawn[k]), samples);
  }
  return intervals;
}

}  // namespace qconvert
