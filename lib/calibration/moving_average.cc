#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/calibration/range_method.h"
#include "lib/calibration/sample_extremes.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&SampleExtremes::kKind};

/// The paper's section 2.5. The first sample begins the average.
RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions& options) {
  const float decay = options.decay;
  if (!(decay >= 0 && decay < 1)) Fail(ErrorKind::kUsage, "--decay is not in [0, 1)");
  const std::span<const Range> samples = tensor.Get<SampleExtremes>().ranges();
  Range average = samples.front();
  for (const Range& seen : samples.subspan(1)) {
    average = {decay * average.min + (1 - decay) * seen.min,
               decay * average.max + (1 - decay) * seen.max};
  }
  return {average};
}

std::string Describe(const RangeOptions& options) {
  return fmt::format("moving average of min/max, decay {}", options.decay);
}

}  // namespace

extern const RangeMethod kMovingAverage;
constinit const RangeMethod kMovingAverage{
    "moving-average", "averages of each sample's extremes, later ones weigh more",
    kReads,           Choose,
    nullptr,          Describe,
    "--decay"};

}  // namespace qconvert
