// How often a tensor has which values: for range methods that weigh clipping against rounding. It
// depends on the values alone, not on their order nor on how the samples were cut.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Statistic: counts in bins of equal width, and the outermost values themselves. Of a sample with
/// more than 1024 values it counts as many, from all over the tensor.
///
/// The kEnds smallest and the kEnds largest values are held apart, so that a few wild ones do not
/// widen the bins; the others, the bulk, are counted. The width is the least power of two that is
/// not below the spacing of floats at the bulk's largest magnitude and gives at most kMostBins
/// bins; their edges are multiples of it. When values are added the ends only move outwards: what
/// was in the bulk stays there, its range and so the width only grow, and bins merge in pairs.
/// Hence the result is a function of the multiset of values. Zero has no sign here.
class Histogram : public Statistic {
 public:
  static const StatisticKind kKind;
  static constexpr size_t kEnds = 64;
  static constexpr int64_t kMostBins = 2048;

  /// Counts values, which are finite.
  explicit Histogram(std::span<const float> values);

  /// Returns how many values there are.
  uint64_t count() const { return ends_.size() + bulk_count_; }
  /// Returns the values held apart, ascending: of at most 2 kEnds values all, else the kEnds
  /// smallest and then the kEnds largest.
  std::span<const float> ends() const { return ends_; }
  /// Returns the value below which a share of the values lies; within a bin they are held to be
  /// spread evenly.
  ///   share  in [0, 1]
  double Quantile(double share) const;
  /// Returns how many values of the bulk lie in each bin. Bin i reaches from edge(i) up to, without
  /// it, edge(i + 1).
  std::span<const uint64_t> bins() const { return bins_; }
  double edge(size_t i) const {
    return (static_cast<double>(first_) + static_cast<double>(i)) * width_;
  }
  double width() const { return width_; }  ///< real units; 0 when there is no bulk

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;
  /// Reads what Write has written.
  static std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples);

 private:
  Histogram() = default;
  void Widen(Range bulk);
  void AddBins(const Histogram& other);
  void Count(std::span<const float> values);

  std::vector<float> ends_;
  Range bulk_;  // of the counted values
  double width_ = 0;
  int64_t first_ = 0;  // the first bin's edge in widths
  std::vector<uint64_t> bins_;
  uint64_t bulk_count_ = 0;
};

}  // namespace qconvert
