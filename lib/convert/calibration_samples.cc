#include "lib/convert/calibration_samples.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/convert/load_model.h"
#include "lib/samples/reordered_samples.h"

namespace qconvert {
namespace {

constexpr size_t kMostSamples = 256;  // more hardly move a range; --samples overrules

constexpr size_t kFewestHeldOut = 8, kMostHeldOut = 128;

}  // namespace

CalibrationSamples HoldOut(const CalibrationSamples& samples) {
  const size_t all = samples.set->size();
  const size_t held_out =
      all < 2 * kFewestHeldOut ? 0 : std::clamp(all / 3, kFewestHeldOut, kMostHeldOut);
  std::vector<size_t> order, judges;
  for (size_t i = 0; i < all; ++i) {
    const bool judge = (i + 1) * held_out / all > i * held_out / all;
    (judge ? judges : order).push_back(i);
  }
  order.insert(order.end(), judges.begin(), judges.end());
  return {Reordered(*samples.set, std::move(order)), samples.name, samples.preprocessing, held_out};
}

CalibrationSamples OpenCalibrationSamples(const ConvertOptions& options, const Graph& network) {
  const std::vector<std::string> paths = DataPaths(options.data, options.model);
  if (paths.empty() && options.data.samples > 0) {
    Fail(ErrorKind::kUsage, "--samples has none to choose from; add --data or drop --samples");
  }
  const Preprocessing preprocessing = PreprocessingOf(options.data);
  const std::string remembered = options.data.preprocessing ? ToText(preprocessing) : "";
  if (paths.empty()) return {nullptr, "", remembered, 0};
  const size_t limit = options.data.samples == 0 ? kMostSamples : options.data.samples;
  return {OpenSamples(paths, SampleInputs(network), preprocessing, limit), paths.front(),
          remembered, 0};
}

}  // namespace qconvert
