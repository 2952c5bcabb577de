#include "lib/evaluation/label_map.h"

#include <algorithm>
#include <map>

#include "lib/base/check.h"

namespace qconvert {

bool IsLabelMap(const Shape& output, bool whole_numbers) {
  if (whole_numbers) {
    return std::count_if(output.begin(), output.end(), [](int64_t dim) { return dim > 1; }) > 1;
  }
  return output.size() > 2 && output[1] > 1 && NumElements(output) > output[0] * output[1];
}

std::vector<int64_t> LabelsOf(const Shape& output, bool whole_numbers,
                              std::span<const float> values) {
  if (whole_numbers) return {values.begin(), values.end()};
  const auto classes = static_cast<size_t>(output[1]);
  const size_t maps = static_cast<size_t>(output[0]), places = values.size() / maps / classes;
  std::vector<int64_t> labels;
  for (size_t map = 0; map < maps; ++map) {
    const auto scores = values.subspan(map * classes * places, classes * places);
    for (size_t place = 0; place < places; ++place) {
      size_t best = 0;
      for (size_t c = 1; c < classes; ++c) {
        if (scores[c * places + place] > scores[best * places + place]) best = c;
      }
      labels.push_back(static_cast<int64_t>(best));
    }
  }
  return labels;
}

std::vector<ClassOverlap> OverlapsOf(const std::vector<int64_t>& reference,
                                     const std::vector<int64_t>& candidate) {
  Check(reference.size() == candidate.size(), "OverlapsOf: sizes differ");
  std::map<int64_t, ClassOverlap> overlaps;
  for (size_t i = 0; i < reference.size(); ++i) {
    ++overlaps[reference[i]].reference;
    ++overlaps[candidate[i]].candidate;
    if (reference[i] == candidate[i]) ++overlaps[reference[i]].both;
  }
  std::vector<ClassOverlap> list;
  for (auto& [label, overlap] : overlaps) {
    overlap.label = label;
    list.push_back(overlap);
  }
  return list;
}

double MeanIouPercent(std::span<const std::vector<ClassOverlap>> samples,
                      std::span<const uint32_t> times) {
  std::map<int64_t, ClassOverlap> classes;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (times[i] == 0) continue;
    for (const ClassOverlap& overlap : samples[i]) {
      ClassOverlap& sum = classes[overlap.label];
      sum.both += times[i] * overlap.both;
      sum.reference += times[i] * overlap.reference;
      sum.candidate += times[i] * overlap.candidate;
    }
  }
  double sum = 0;
  for (const auto& [label, overlap] : classes) {
    sum += static_cast<double>(overlap.both) /
           static_cast<double>(overlap.reference + overlap.candidate - overlap.both);
  }
  return 100 * sum / static_cast<double>(classes.size());
}

}  // namespace qconvert
