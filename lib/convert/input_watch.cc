#include "lib/convert/input_watch.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "lib/base/vectorize.h"
#include "lib/math/finite_range.h"

namespace qconvert {
namespace {

/// Returns the sum of the values, added in lanes that the compiler can make a vector of.
QCONVERT_VECTORIZE double SumOf(std::span<const float> values) {
  std::array<double, 8> lanes{};
  const size_t whole = values.size() - values.size() % lanes.size();
  for (size_t i = 0; i < whole; i += lanes.size()) {
    for (size_t k = 0; k < lanes.size(); ++k) lanes[k] += static_cast<double>(values[i + k]);
  }
  for (float value : values.subspan(whole)) lanes[0] += static_cast<double>(value);
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

}  // namespace

void InputWatch::Add(std::span<const float> values) {
  if (values.empty()) return;
  const Range range = FiniteRange(values).value();  // a sample that is not finite is never read
  const double sum = SumOf(values);
  const std::lock_guard lock(mutex_);
  min_ = std::min<double>(min_, range.min);
  max_ = std::max<double>(max_, range.max);
  mean_sums_.push_back(sum);
  count_ += values.size();
}

void InputWatch::Report(ConvertSummary& summary) {
  if (count_ == 0) return;
  std::sort(mean_sums_.begin(), mean_sums_.end());  // the same sum whatever the threads
  double sum = 0;
  for (double part : mean_sums_) sum += part;
  summary.input_min = min_;
  summary.input_max = max_;
  summary.input_mean = sum / static_cast<double>(count_);
  if (max_ - min_ > 64) {
    summary.warnings.push_back(fmt::format(
        "the samples range from {:.4g} to {:.4g}: they look like pixels that nobody normalised; "
        "is that what the network was trained on? See --pixel-range, --mean and --std",
        min_, max_));
  }
}

}  // namespace qconvert
