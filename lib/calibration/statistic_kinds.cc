#include "lib/calibration/statistic_kinds.h"

#include "lib/base/error.h"
#include "lib/calibration/channel_extremes.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/histogram.h"
#include "lib/calibration/moments.h"
#include "lib/calibration/outermost_samples.h"
#include "lib/calibration/rounded_rows.h"
#include "lib/calibration/row_maxima.h"
#include "lib/calibration/sample_extremes.h"
#include "lib/calibration/sampled_patches.h"
#include "lib/calibration/totals.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kKinds[] = {
    &Extremes::kKind,    &SampleExtremes::kKind,   &Moments::kKind,   &Totals::kKind,
    &Histogram::kKind,   &OutermostSamples::kKind, &RowMaxima::kKind, &ChannelExtremes::kKind,
    &RoundedRows::kKind, &SampledPatches::kKind,
};

}  // namespace

std::span<const StatisticKind* const> AllStatisticKinds() { return kKinds; }

const StatisticKind& KindNamed(std::string_view name) {
  for (const StatisticKind* kind : kKinds) {
    if (kind->name == name) return *kind;
  }
  Fail(ErrorKind::kUnusable, "there is no statistic '" + std::string(name) + "'");
}

}  // namespace qconvert
