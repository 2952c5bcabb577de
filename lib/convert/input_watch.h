// What the samples of a conversion look like: convert.cc shows it, and warns of forgotten
// preprocessing.
#pragma once

#include <cmath>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Gathers the range and the mean of input values, from several threads.
class InputWatch {
 public:
  void Add(std::span<const float> values);

  /// Writes them into the summary, with a warning when they look like raw pixels.
  void Report(ConvertSummary& summary);

 private:
  std::mutex mutex_;
  double min_ = INFINITY, max_ = -INFINITY;
  std::vector<double> mean_sums_;
  size_t count_ = 0;
};

}  // namespace qconvert
