#include "lib/convert/calibration_samples.h"

#include <vector>

#include "lib/convert/load_model.h"

namespace qconvert {
namespace {

constexpr size_t kMostSamples = 256;  // more hardly move a range; --samples overrules

}  // namespace

CalibrationSamples OpenCalibrationSamples(const ConvertOptions& options, const Graph& network) {
  const std::vector<std::string> paths = DataPaths(options.data, options.model);
  if (paths.empty() && options.data.samples > 0) {
    Fail(ErrorKind::kUsage, "--samples has none to choose from; add --data or drop --samples");
  }
  const Preprocessing preprocessing = PreprocessingOf(options.data);
  const std::string remembered = options.data.preprocessing ? ToText(preprocessing) : "";
  if (paths.empty()) return {nullptr, "", remembered};
  const size_t limit = options.data.samples == 0 ? kMostSamples : options.data.samples;
  return {OpenSamples(paths, SampleInputs(network), preprocessing, limit), paths.front(),
          remembered};
}

}  // namespace qconvert
