#include "lib/calibration/sample_extremes.h"

#include "lib/calibration/extremes.h"

namespace qconvert {
namespace {

std::unique_ptr<Statistic> Observe(const Graph&, const Subject&, const TensorSample& seen) {
  return std::make_unique<SampleExtremes>(std::vector{seen.range});
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples) {
  std::vector<Range> ranges;
  for (size_t i = samples.first; i < samples.last; ++i) ranges.push_back(ReadRange(reader));
  return std::make_unique<SampleExtremes>(std::move(ranges));
}

}  // namespace

constinit const StatisticKind SampleExtremes::kKind{"sample extremes", FloatTensors, Observe, Read};

void SampleExtremes::Append(Statistic&& next) {
  const auto& other = As<SampleExtremes>(next).ranges_;
  ranges_.insert(ranges_.end(), other.begin(), other.end());
}

void SampleExtremes::Write(ByteWriter& writer) const {
  for (const Range& range : ranges_) WriteRange(range, writer);
}

}  // namespace qconvert
