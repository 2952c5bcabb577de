#include "lib/calibration/channel_extremes.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/layer_patches.h"

namespace qconvert {
namespace {

/// Returns the results of nodes with weights.
std::vector<Subject> WeightedResults(const Graph& graph) {
  std::vector<Subject> subjects;
  for (const Subject& layer : Layers(graph)) {
    const Tensor& result = graph.tensor(layer.layer->output());
    if (result.is_float() && result.rank() > 0 && result.elements() > 0) {
      subjects.push_back({result.name, layer.layer->output()});
    }
  }
  return subjects;
}

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const auto channels = static_cast<size_t>(graph.tensor(subject.tensor).shape.back());
  std::vector<Range> ranges;
  for (size_t c = 0; c < channels; ++c) ranges.push_back({seen.values[c], seen.values[c]});
  for (size_t at = channels; at < seen.values.size(); at += channels) {
    for (size_t c = 0; c < channels; ++c) {
      const float value = seen.values[at + c];
      ranges[c] = {std::min(ranges[c].min, value), std::max(ranges[c].max, value)};
    }
  }
  return std::make_unique<ChannelExtremes>(std::move(ranges));
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun&) {
  const uint64_t channels = reader.Unsigned();
  if (channels > reader.remaining() / (2 * sizeof(float))) {
    Fail(ErrorKind::kUnusable, "extremes of an impossible number of channels");
  }
  std::vector<Range> ranges;
  for (uint64_t c = 0; c < channels; ++c) ranges.push_back(ReadRange(reader));
  return std::make_unique<ChannelExtremes>(std::move(ranges));
}

}  // namespace

constinit const StatisticKind ChannelExtremes::kKind{"channel extremes", WeightedResults, Observe,
                                                     Read};

void ChannelExtremes::Append(Statistic&& next) {
  const std::vector<Range>& other = As<ChannelExtremes>(next).ranges_;
  if (other.size() != ranges_.size()) {
    Fail(ErrorKind::kUnusable, "extremes of different numbers of channels");
  }
  for (size_t c = 0; c < ranges_.size(); ++c) {
    ranges_[c] = {std::min(ranges_[c].min, other[c].min), std::max(ranges_[c].max, other[c].max)};
  }
}

void ChannelExtremes::Write(ByteWriter& writer) const {
  writer.Unsigned(ranges_.size());
  for (const Range& range : ranges_) WriteRange(range, writer);
}

std::map<std::string, std::vector<Range>> ChannelRangesOf(const Graph& graph,
                                                          const Evidence& evidence) {
  std::map<std::string, std::vector<Range>> ranges;
  for (const Subject& subject : WeightedResults(graph)) {
    const auto* extremes = evidence.Find<ChannelExtremes>(subject.name);
    if (extremes != nullptr) ranges[subject.name] = extremes->ranges();
  }
  return ranges;
}

}  // namespace qconvert
