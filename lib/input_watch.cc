#include "lib/input_watch.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace qconvert {

void InputWatch::Add(std::span<const float> values) {
  if (values.empty()) return;
  double sum = 0;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  for (float value : values) sum += static_cast<double>(value);
  const std::lock_guard lock(mutex_);
  min_ = std::min<double>(min_, *low);
  max_ = std::max<double>(max_, *high);
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
