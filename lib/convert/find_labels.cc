#include "lib/convert/find_labels.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/evaluation/comparison.h"

namespace qconvert {
namespace {

/// A list that counts from 1 shows by a class too many.
void RequireClasses(const std::vector<int>& labels, const SampleSet& samples, size_t classes) {
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  if (static_cast<size_t>(*highest) < classes) return;
  const bool from_one = *lowest > 0 && static_cast<size_t>(*highest) == classes;
  Fail(ErrorKind::kUnusable,
       fmt::format("sample '{}' has class {}, the network's are 0 to {}{}",
                   samples.name(static_cast<size_t>(highest - labels.begin())), *highest,
                   classes - 1, from_one ? "; subtract 1 from each label" : ""));
}

}  // namespace

Labels FindLabels(const std::string& path, const SampleSet& samples, const Port& output) {
  const size_t classes = ClassesOf(output.shape);
  Labels labels = ReadLabels(path, samples, classes);
  try {
    RequireClasses(labels.classes, samples, classes);
  } catch (const Error& error) {
    throw error.WithContext("labels '" + path + "'");
  }
  return labels;
}

}  // namespace qconvert
