#include <algorithm>
#include <cmath>

#include "lib/calibration/extremes.h"
#include "lib/calibration/range_method.h"
#include "lib/calibration/value_sums.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind, &Histogram::kKind};
constexpr int kMostRounds = 64;

/// Returns the mean of the values beyond zero on one side; 0 where there are none.
double MeanOf(const ValueSums::Sums& side) { return side.count > 0 ? side.sum / side.count : 0; }

/// Moves both ends to where the error would be least if no value crossed them. With N values that
/// are rounded inside, C beyond an end, S their sum and w = N / (12 steps^2), the squared error
///   w (high - low)^2 + sum over x > high of (x - high)^2 + sum over x < low of (low - x)^2
/// has the derivatives
///   w (high - low) - S_high + C_high high = 0,  -w (high - low) - S_low + C_low low = 0.
Range Moved(const ValueSums& sums, double low, double high, double steps) {
  const ValueSums::Sums above = sums.Above(high), below = sums.Below(low);
  const double step = (high - low) / steps;
  const double inside = sums.Above(low).count - above.count -
                        (sums.Above(-step / 2).count - sums.Above(step / 2).count);
  const double w = std::max(0.0, inside) / (12 * steps * steps);
  if (below.count == 0 && above.count == 0)
    return {static_cast<float>(low), static_cast<float>(high)};
  if (below.count == 0) high = (above.sum + w * low) / (above.count + w);
  if (above.count == 0) low = (below.sum + w * high) / (below.count + w);
  if (below.count > 0 && above.count > 0) {
    const double a = w + above.count, b = w + below.count, determinant = a * b - w * w;
    high = (b * above.sum + w * below.sum) / determinant;
    low = (a * below.sum + w * above.sum) / determinant;
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

/// Newton's iteration of OCTAV (Sakr and others, 2022) for two ends, from the means of both sides.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions& options) {
  const Range seen = RelaxToZero(tensor.Get<Extremes>().range());
  const ValueSums sums(tensor.Get<Histogram>(), seen, options.steps);
  Range range{static_cast<float>(MeanOf(sums.Below(0))), static_cast<float>(MeanOf(sums.Above(0)))};
  for (int round = 0; round < kMostRounds; ++round) {
    const Range moved = Moved(sums, range.min, range.max, options.steps);
    const Range next{std::clamp(moved.min, seen.min, 0.0F), std::clamp(moved.max, 0.0F, seen.max)};
    if (next == range) break;
    range = next;
  }
  return {range};
}

std::string Describe(const RangeOptions&) { return "OCTAV"; }

}  // namespace

extern const RangeMethod kOctav;
constinit const RangeMethod kOctav{
    "octav", "the same, by Newton's iteration (OCTAV)", kReads, Choose, nullptr, Describe};

}  // namespace qconvert
