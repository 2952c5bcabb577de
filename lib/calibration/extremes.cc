#include "lib/calibration/extremes.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"

namespace qconvert {
namespace {

std::unique_ptr<Statistic> Observe(const Graph&, const Subject&, const TensorSample& seen) {
  return std::make_unique<Extremes>(seen.range);
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun&) {
  return std::make_unique<Extremes>(ReadRange(reader));
}

}  // namespace

constinit const StatisticKind Extremes::kKind{"extremes", FloatTensors, Observe, Read};

void Extremes::Append(Statistic&& next) {
  const Range other = As<Extremes>(next).range_;
  range_ = {std::min(range_.min, other.min), std::max(range_.max, other.max)};
}

void Extremes::Write(ByteWriter& writer) const { WriteRange(range_, writer); }

Range ReadRange(ByteReader& reader) {
  const float min = reader.Float(), max = reader.Float();
  if (!std::isfinite(min) || !std::isfinite(max) || min > max) {
    Fail(ErrorKind::kUnusable, "a range that is none");
  }
  return {min, max};
}

void WriteRange(const Range& range, ByteWriter& writer) {
  writer.Float(range.min);
  writer.Float(range.max);
}

}  // namespace qconvert
