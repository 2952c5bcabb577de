#include "lib/math/affine.h"

#include <algorithm>
#include <cmath>

#include "lib/base/check.h"

namespace qconvert {
namespace {

bool IsDead(Range range) { return range.min == 0 && range.max == 0; }

float UsableScale(double scale) { return std::max(static_cast<float>(scale), kLeastScale); }

Range Including(Range range, float value) {
  if (!std::isfinite(value)) Fail(ErrorKind::kUnusable, "a value is not finite");
  return {std::min(range.min, value), std::max(range.max, value)};
}

// `choose` for every channel, then the dead ones.
template <typename Choose>
std::vector<AffineParams> ChooseEach(std::span<const Range> channels, Choose choose) {
  std::vector<AffineParams> params;
  float largest = 0;
  for (const Range& range : channels) {
    params.push_back(choose(range));
    if (!IsDead(range)) largest = std::max(largest, params.back().scale);
  }
  if (largest == 0) return params;
  for (size_t c = 0; c < channels.size(); ++c) {
    if (IsDead(channels[c])) params[c].scale = largest;
  }
  return params;
}

}  // namespace

Range RelaxToZero(Range range) {
  if (!std::isfinite(range.min) || !std::isfinite(range.max)) {
    Fail(ErrorKind::kUnusable, "a range is not finite");
  }
  if (range.min > range.max) Fail(ErrorKind::kUnusable, "a range is empty: min > max");
  return {std::min(range.min, 0.0F), std::max(range.max, 0.0F)};
}

AffineParams ChooseAffine(Range range, IntegerLimits limits) {
  const Range relaxed = RelaxToZero(range);
  if (IsDead(relaxed)) return {kDeadScale, std::clamp(0, limits.min, limits.max)};
  const auto steps = static_cast<double>(int64_t{limits.max} - limits.min);
  const float scale = UsableScale((double{relaxed.max} - relaxed.min) / steps);
  const double zero_point = std::round(limits.min - double{relaxed.min} / scale);
  return {scale, static_cast<int32_t>(std::clamp<double>(zero_point, limits.min, limits.max))};
}

AffineParams ChooseSymmetric(Range range, IntegerLimits limits) {
  const Range relaxed = RelaxToZero(range);
  if (IsDead(relaxed)) return {kDeadScale, 0};
  return {UsableScale(std::max(-double{relaxed.min}, double{relaxed.max}) / limits.max), 0};
}

std::vector<AffineParams> ChooseSymmetricChannels(std::span<const Range> channels,
                                                  IntegerLimits limits) {
  return ChooseEach(channels, [&](Range range) { return ChooseSymmetric(range, limits); });
}

std::vector<AffineParams> ChooseAffineChannels(std::span<const Range> channels,
                                               IntegerLimits limits) {
  return ChooseEach(channels, [&](Range range) { return ChooseAffine(range, limits); });
}

ChannelView ViewChannels(std::span<const int64_t> shape, int axis) {
  Check(axis >= 0 && static_cast<size_t>(axis) < shape.size(), "channel axis outside the shape");
  ChannelView view;
  for (size_t d = 0; d < shape.size(); ++d) {
    const auto at = static_cast<size_t>(axis);
    (d < at ? view.outer : d == at ? view.channels : view.inner) *= shape[d];
  }
  return view;
}

Range RangeOf(std::span<const float> values) {
  if (values.empty()) return {};
  Range range{values.front(), values.front()};
  for (const float value : values) range = Including(range, value);
  return range;
}

std::vector<Range> RangeOfChannels(std::span<const float> values, ChannelView view) {
  Check(static_cast<int64_t>(values.size()) == view.outer * view.channels * view.inner,
        "channel view of another tensor");
  std::vector<Range> ranges(static_cast<size_t>(view.channels));
  const auto inner = static_cast<size_t>(view.inner);
  if (values.empty()) return ranges;
  for (size_t at = 0; at < values.size(); at += inner) {
    const size_t row = at / inner;
    Range& range = ranges[row % ranges.size()];
    if (row < ranges.size()) range = {values[at], values[at]};
    for (const float value : values.subspan(at, inner)) range = Including(range, value);
  }
  return ranges;
}

}  // namespace qconvert
