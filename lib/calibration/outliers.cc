#include "lib/calibration/outliers.h"

#include <algorithm>
#include <set>

#include "lib/calibration/tail.h"

namespace qconvert {
namespace {

constexpr size_t kLeastSamples = 8;
constexpr size_t kSamplesPerOutlier = 30;
constexpr double kChance = 1e-4;  // of leaving out a sample that is none, per end of a tensor
constexpr size_t kMostFitted = 32, kLeastFitted = 4;

/// One end of a tensor, seen so that it grows outwards.
struct End {
  std::span<const SampleEnd> samples;  // from the outermost inwards
  double sign;                         // 1: maxima, -1: minima
  double at(size_t i) const { return sign * double{samples[i].value}; }
};

/// Returns whether the first `count` samples of an end are outliers. As many are left out at the
/// other end, since a broken sample often widens both.
bool AreOutliers(const End& end, size_t count, size_t samples, const End& other) {
  const size_t fitted = std::clamp((samples - count) / 4, kLeastFitted, kMostFitted) + 1;
  if (count + fitted > end.samples.size()) return false;
  const Tail tail = FitTail(fitted, [&](size_t i) { return end.at(count + i); });
  const double first_kept = end.at(count), nearest = end.at(count - 1);
  const double width = std::max(first_kept, 0.0) + std::max(other.at(count), 0.0);
  return nearest > tail.EndOf(kChance) && nearest - first_kept > width;
}

/// Returns how many of the first samples of an end are outliers.
size_t CountOutliers(const End& end, size_t samples, const End& other) {
  if (samples < kLeastSamples) return 0;
  for (size_t count = std::max<size_t>(1, samples / kSamplesPerOutlier); count > 0; --count) {
    if (AreOutliers(end, count, samples, other)) return count;
  }
  return 0;
}

}  // namespace

KeptExtremes RejectOutliers(const OutermostSamples& ends, size_t samples) {
  const End low{ends.minima(), -1}, high{ends.maxima(), 1};
  const size_t below = CountOutliers(low, samples, high);
  const size_t above = CountOutliers(high, samples, low);
  std::set<size_t> left_out;
  for (size_t i = 0; i < below; ++i) left_out.insert(low.samples[i].sample);
  for (size_t i = 0; i < above; ++i) left_out.insert(high.samples[i].sample);
  return {{low.samples[below].value, high.samples[above].value},
          {left_out.begin(), left_out.end()}};
}

}  // namespace qconvert
