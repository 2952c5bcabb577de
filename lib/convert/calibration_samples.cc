#include "lib/convert/calibration_samples.h"

#include <vector>

#include "lib/convert/load_model.h"

namespace qconvert {
namespace {

constexpr size_t kMostSamples = 256;  // more hardly move a range; --samples overrules

}  // namespace

CalibrationSamples OpenCalibrationSamples(const ConvertOptions& options, const Graph& network) {
  const std::vector<std::string> paths = DataPaths(options.data, options.model);
  if (paths.empty()) return {};
  const Preprocessing preprocessing = PreprocessingOf(options.data);
  const size_t limit = options.data.samples == 0 ? kMostSamples : options.data.samples;
  return {OpenSamples(paths, SampleInputs(network), preprocessing, limit), paths.front(),
          options.data.preprocessing_given ? ToText(preprocessing) : ""};
}

}  // namespace qconvert
