#include "lib/calibration/cheapest_range.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/range_method.h"
#include "lib/calibration/value_sums.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind, &Histogram::kKind};

/// Minimizes the squared error of the values that were seen.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions& options) {
  const auto& histogram = tensor.Get<Histogram>();
  const Range seen = RelaxToZero(tensor.Get<Extremes>().range());
  const ValueSums sums(histogram, seen, options.steps);
  return {CheapestRange(seen, {}, seen, [&](double low, double high) {
    return sums.SquaresOfRounding(low, high) + sums.SquaresBelow(low) + sums.SquaresAbove(high);
  })};
}

std::string Describe(const RangeOptions&) { return "least squared error"; }

}  // namespace

extern const RangeMethod kLeastSquares;
constinit const RangeMethod kLeastSquares{
    "mse", "the least squared error of the values seen", kReads, Choose, nullptr, Describe};

}  // namespace qconvert
