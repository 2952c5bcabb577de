// Which samples reach farthest: for the test that finds blank and broken samples among them, and
// for naming them. Memory does not grow with the number of samples.
#pragma once

#include <span>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// An end of what a tensor held on one sample.
struct SampleEnd {
  float value = 0;
  size_t sample = 0;

  friend bool operator==(const SampleEnd&, const SampleEnd&) = default;
};

/// Statistic: the smallest minima and the largest maxima of samples. Of equal ones the earlier
/// samples are kept.
class OutermostSamples : public Statistic {
 public:
  static const StatisticKind kKind;
  static constexpr size_t kMost = 64;

  OutermostSamples(Range range, size_t sample)
      : minima_{{range.min, sample}}, maxima_{{range.max, sample}} {}

  /// Returns the outermost samples, at most kMost, from the outermost inwards.
  std::span<const SampleEnd> minima() const { return minima_; }
  std::span<const SampleEnd> maxima() const { return maxima_; }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;
  /// Reads what Write has written.
  static std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples);

 private:
  OutermostSamples() = default;

  std::vector<SampleEnd> minima_, maxima_;
};

}  // namespace qconvert
