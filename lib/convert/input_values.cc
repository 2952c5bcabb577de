#include "lib/convert/input_values.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/extremes.h"
#include "lib/calibration/totals.h"

namespace qconvert {
namespace {

constexpr double kWidestInputs = 64;  // normalised pixels stay far below

}  // namespace

std::optional<InputValues> InputValuesOf(const Graph& network, const Evidence& evidence) {
  InputValues values{INFINITY, -INFINITY, 0};
  double sum = 0, count = 0;
  for (const Subject& input : FloatInputs(network)) {
    const Totals* totals = evidence.Find<Totals>(input.name);
    if (totals == nullptr || totals->count() == 0) continue;
    const Range range = evidence.Find<Extremes>(input.name)->range();
    values.min = std::min<double>(values.min, range.min);
    values.max = std::max<double>(values.max, range.max);
    sum += totals->sum();
    count += totals->count();
  }
  if (count == 0) return std::nullopt;
  values.mean = sum / count;
  return values;
}

std::optional<std::string> WarningOf(const InputValues& inputs) {
  if (inputs.max == inputs.min) {
    return fmt::format("every value of the samples is {:.4g}: they say nothing of ranges",
                       inputs.min);
  }
  if (inputs.max - inputs.min <= kWidestInputs) return std::nullopt;
  return fmt::format(
      "the samples range from {:.4g} to {:.4g}: they look like pixels that nobody normalised; "
      "is that what the network was trained on? See --pixel-range, --mean and --std",
      inputs.min, inputs.max);
}

}  // namespace qconvert
