#include "lib/math/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

constexpr uint64_t kSeed = 0;
constexpr size_t kMostGroups = 1000;

/// Returns Student's quantile at 97.5 % (Abramowitz and Stegun 26.7.5); from 5 degrees of freedom
/// on its relative error is below 0.2 %.
double StudentQuantile(double freedom) {
  const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

/// Returns how many deviations the ends of an interval are away.
double Deviations(size_t samples) {
  const double n = static_cast<double>(samples);
  return StudentQuantile(n - 1) * std::sqrt(n / (n - 1));
}

/// Returns the share of a normal distribution below so many deviations.
double NormalShare(double deviations) { return std::erfc(-deviations / std::sqrt(2.0)) / 2; }

/// Returns the deviations below which a share of a normal distribution lies.
double NormalQuantile(double share) {
  double below = -8, above = 8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (below + above) / 2;
    (NormalShare(middle) < share ? below : above) = middle;
  }
  return below;
}

/// How the percentiles of draws are moved.
struct Lean {
  double bias = 0;          // in deviations
  double acceleration = 0;  // change of the deviation with the figure
};

/// Returns the shift of the median of the draws from the figure of all samples.
///   ascending  figures of draws
double BiasOf(const std::vector<double>& ascending, double figure) {
  const auto [first, last] = std::equal_range(ascending.begin(), ascending.end(), figure);
  const double below = static_cast<double>(first - ascending.begin()),
               same = static_cast<double>(last - first),
               all = static_cast<double>(ascending.size());
  return NormalQuantile(std::clamp((below + same / 2) / all, 1 / all, 1 - 1 / all));
}

/// Returns sum d^3 / (6 (sum d^2)^1.5) of what each sample adds; 0 where a figure is infinite.
///   without  figures of all samples but a group
double AccelerationOf(const std::vector<double>& without) {
  double mean = 0, squares = 0, cubes = 0;
  for (const double figure : without) mean += figure / static_cast<double>(without.size());
  for (const double figure : without) {
    const double added = mean - figure;
    squares += added * added;
    cubes += added * added * added;
  }
  const double acceleration = cubes / (6 * std::pow(squares, 1.5));
  return std::isfinite(acceleration) ? acceleration : 0;
}

Interval Percentiles(const std::vector<double>& ascending, double deviations, const Lean& lean) {
  const double all = static_cast<double>(ascending.size());
  const auto below = [&](double quantile) {
    const double moved = lean.bias + quantile;
    const double left = std::max(1 - lean.acceleration * moved, 1e-9);
    return all * NormalShare(lean.bias + moved / left);
  };
  const auto figure = [&](double place) {
    return ascending[static_cast<size_t>(std::clamp(place, 0.0, all - 1))];
  };
  return {figure(std::floor(below(-deviations))), figure(std::ceil(below(deviations)) - 1)};
}

/// Returns whether figures give an interval at all.
bool HaveInterval(const std::vector<double>& figures, size_t samples) {
  const bool undefined =
      std::any_of(figures.begin(), figures.end(), [](double figure) { return std::isnan(figure); });
  return samples >= kFewestSamples && !figures.empty() && !undefined;
}

/// Returns the figures of all samples but a group, each group in turn. A group is one sample, or of
/// many samples a thousandth of them: the acceleration is the same.
std::vector<double> FiguresWithout(const DrawnFigure& figure, size_t samples) {
  const size_t groups = std::min(samples, kMostGroups);
  std::vector<double> figures;
  for (size_t group = 0; group < groups; ++group) {
    std::vector<uint32_t> times(samples, 1);
    for (size_t i = group; i < samples; i += groups) times[i] = 0;
    figures.push_back(figure(times));
  }
  return figures;
}

/// Returns the interval of a figure by draws of it.
Interval LeaningInterval(std::vector<double> drawn, const DrawnFigure& figure, size_t samples) {
  if (!HaveInterval(drawn, samples)) return {};
  std::sort(drawn.begin(), drawn.end());
  const double value = figure(std::vector<uint32_t>(samples, 1));
  const Lean lean{BiasOf(drawn, value), AccelerationOf(FiguresWithout(figure, samples))};
  return Percentiles(drawn, Deviations(samples), lean);
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
  if (!HaveInterval(figures, samples)) return {};
  std::sort(figures.begin(), figures.end());
  return Percentiles(figures, Deviations(samples), {});
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
    intervals[k] = LeaningInterval(std::move(drawn[k]), figures[k], samples);
  }
  return intervals;
}

}  // namespace qconvert
