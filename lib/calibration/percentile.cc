#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/histogram.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind, &Histogram::kKind};

/// Half of what is left out lies at each end, as in ONNX Runtime's percentile calibration.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions& options) {
  const double percent = options.percentile;
  if (!(percent > 50 && percent <= 100))
    Fail(ErrorKind::kUsage, "--percentile is not in (50, 100]");
  if (percent == 100) return {tensor.Get<Extremes>().range()};
  const auto& histogram = tensor.Get<Histogram>();
  const double beyond = (1 - percent / 100) / 2;
  return {{static_cast<float>(histogram.Quantile(beyond)),
           static_cast<float>(histogram.Quantile(1 - beyond))}};
}

std::string Describe(const RangeOptions& options) {
  return fmt::format("percentile {}", options.percentile);
}

}  // namespace

extern const RangeMethod kPercentile;
constinit const RangeMethod kPercentile{
    "percentile",  "leaves out the outermost values", kReads, Choose, nullptr, Describe,
    "--percentile"};

}  // namespace qconvert
