#include "lib/calibration/outermost_samples.h"

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"

namespace qconvert {
namespace {

bool LowerFirst(const SampleEnd& a, const SampleEnd& b) {
  return a.value != b.value ? a.value < b.value : a.sample < b.sample;
}

bool HigherFirst(const SampleEnd& a, const SampleEnd& b) {
  return a.value != b.value ? a.value > b.value : a.sample < b.sample;
}

using Order = bool (*)(const SampleEnd&, const SampleEnd&);

void Merge(std::vector<SampleEnd>& ends, const std::vector<SampleEnd>& others, Order order) {
  const auto middle = ends.insert(ends.end(), others.begin(), others.end());
  std::inplace_merge(ends.begin(), middle, ends.end(), order);
  if (ends.size() > OutermostSamples::kMost) ends.resize(OutermostSamples::kMost);
}

void WriteEnds(const std::vector<SampleEnd>& ends, ByteWriter& writer) {
  for (const SampleEnd& end : ends) {
    writer.Float(end.value);
    writer.Unsigned(end.sample);
  }
}

std::vector<SampleEnd> ReadEnds(ByteReader& reader, const SampleRun& samples, Order order) {
  std::vector<SampleEnd> ends;
  for (size_t i = 0; i < std::min(samples.count(), OutermostSamples::kMost); ++i) {
    const float value = reader.Float();
    const uint64_t sample = reader.Unsigned();
    if (!std::isfinite(value) || sample < samples.first || sample >= samples.last) {
      Fail(ErrorKind::kUnusable, "an outermost sample that is none");
    }
    ends.push_back({value, static_cast<size_t>(sample)});
  }
  const auto disorder = std::adjacent_find(
      ends.begin(), ends.end(), [&](const auto& a, const auto& b) { return !order(a, b); });
  if (disorder != ends.end()) Fail(ErrorKind::kUnusable, "outermost samples out of order");
  return ends;
}

std::unique_ptr<Statistic> Observe(const Graph&, const Subject&, const TensorSample& seen) {
  return std::make_unique<OutermostSamples>(seen.range, seen.sample);
}

}  // namespace

constinit const StatisticKind OutermostSamples::kKind{"outermost samples", FloatTensors, Observe,
                                                      Read};

void OutermostSamples::Append(Statistic&& next) {
  const OutermostSamples& other = As<OutermostSamples>(next);
  Merge(minima_, other.minima_, LowerFirst);
  Merge(maxima_, other.maxima_, HigherFirst);
}

void OutermostSamples::Write(ByteWriter& writer) const {
  WriteEnds(minima_, writer);
  WriteEnds(maxima_, writer);
}

std::unique_ptr<Statistic> OutermostSamples::Read(ByteReader& reader, const SampleRun& samples) {
  std::unique_ptr<OutermostSamples> ends(new OutermostSamples);
  ends->minima_ = ReadEnds(reader, samples, LowerFirst);
  ends->maxima_ = ReadEnds(reader, samples, HigherFirst);
  return ends;
}

}  // namespace qconvert
