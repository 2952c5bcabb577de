#include "lib/calibration/value_sums.h"

#include <algorithm>

namespace qconvert {

ValueSums::ValueSums(const Histogram& histogram, Range kept, double steps)
    : steps_(steps), below_(1) {
  const std::span<const float> ends = histogram.ends();
  const size_t low_ends = histogram.bins().empty() ? ends.size() : Histogram::kEnds;
  const auto add = [&](double value, double count) {
    if (value >= double{kept.min} && value <= double{kept.max}) Add(value, count);
  };
  for (size_t i = 0; i < low_ends; ++i) add(ends[i], 1);
  for (size_t i = 0; i < histogram.bins().size(); ++i) {
    const double edge = histogram.edge(i);
    const double middle = edge == 0 ? 0 : edge + histogram.width() / 2;
    if (histogram.bins()[i] != 0) add(middle, static_cast<double>(histogram.bins()[i]));
  }
  for (size_t i = low_ends; i < ends.size(); ++i) add(ends[i], 1);
}

/// A bin's middle may lie beyond the next value; that is held to be at the same place.
void ValueSums::Add(double value, double count) {
  const Sums& before = below_.back();
  values_.push_back(values_.empty() ? value : std::max(value, values_.back()));
  below_.push_back(
      {before.count + count, before.sum + count * value, before.squares + count * value * value});
}

const ValueSums::Sums& ValueSums::Below(double end) const {
  const auto found = std::lower_bound(values_.begin(), values_.end(), end);
  return below_[static_cast<size_t>(found - values_.begin())];
}

ValueSums::Sums ValueSums::Above(double end) const {
  const auto found = std::upper_bound(values_.begin(), values_.end(), end);
  return below_.back() - below_[static_cast<size_t>(found - values_.begin())];
}

double ValueSums::SquaresBelow(double end) const {
  return std::max(0.0, Below(end).SquaresAround(end));
}

double ValueSums::SquaresAbove(double end) const {
  return std::max(0.0, (below_.back() - Below(end)).SquaresAround(end));
}

double ValueSums::SquaresOfRounding(double low, double high) const {
  const double step = (high - low) / steps_;
  const Sums inside = Below(high) - Below(low);
  const Sums zeros = Below(std::min(high, step / 2)) - Below(std::max(low, -step / 2));
  return (inside.count - zeros.count) * step * step / 12 + zeros.squares;
}

}  // namespace qconvert
