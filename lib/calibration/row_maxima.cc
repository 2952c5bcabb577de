#include "lib/calibration/row_maxima.h"

#include <algorithm>

#include "lib/calibration/extremes.h"

namespace qconvert {
namespace {

/// Returns what softmaxes read and samples fill.
std::vector<Subject> ComparedTensors(const Graph& graph) {
  std::vector<Subject> subjects = FloatTensors(graph);
  std::erase_if(subjects, [&](const Subject& subject) {
    const std::vector<Node*> readers = graph.Consumers(subject.tensor);
    return graph.tensor(subject.tensor).elements() == 0 ||
           std::none_of(readers.begin(), readers.end(),
                        [](const Node* reader) { return reader->Is<Softmax>(); });
  });
  return subjects;
}

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const auto columns = static_cast<size_t>(graph.tensor(subject.tensor).shape.back());
  const float highest = seen.range.max;
  float lowest = highest;
  for (size_t at = 0; at < seen.values.size(); at += columns) {
    const auto row = seen.values.subspan(at, columns);
    const float maximum = *std::max_element(row.begin(), row.end());
    if (maximum >= highest - RowMaxima::kMaskedBelow) lowest = std::min(lowest, maximum);
  }
  return std::make_unique<RowMaxima>(Range{lowest, highest});
}

std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun&) {
  return std::make_unique<RowMaxima>(ReadRange(reader));
}

}  // namespace

constinit const StatisticKind RowMaxima::kKind{"row maxima", ComparedTensors, Observe, Read};

void RowMaxima::Append(Statistic&& next) {
  const Range other = As<RowMaxima>(next).range_;
  range_ = {std::min(range_.min, other.min), std::max(range_.max, other.max)};
}

void RowMaxima::Write(ByteWriter& writer) const { WriteRange(range_, writer); }

}  // namespace qconvert
