#include "lib/convert/input_report.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/extremes.h"
#include "lib/calibration/totals.h"

namespace qconvert {

void ReportInputs(const Graph& graph, const Evidence& evidence, ConvertSummary& summary) {
  double min = INFINITY, max = -INFINITY, sum = 0, count = 0;
  for (const Subject& input : FloatInputs(graph)) {
    const Totals* totals = evidence.Find<Totals>(input.name);
    if (totals == nullptr || totals->count() == 0) continue;
    const Range range = evidence.Find<Extremes>(input.name)->range();
    min = std::min<double>(min, range.min);
    max = std::max<double>(max, range.max);
    sum += totals->sum();
    count += totals->count();
  }
  if (count == 0) return;
  summary.input_min = min;
  summary.input_max = max;
  summary.input_mean = sum / count;
  if (max - min > 64) {
    summary.warnings.push_back(fmt::format(
        "the samples range from {:.4g} to {:.4g}: they look like pixels that nobody normalised; "
        "is that what the network was trained on? See --pixel-range, --mean and --std",
        min, max));
  }
}

}  // namespace qconvert
