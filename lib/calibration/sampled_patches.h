// Some of the patches that the weights of a layer multiply, as they are: for range methods that
// look at a layer's results. Memory does not grow with the number of samples.
#pragma once

#include <span>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// One patch of a layer's input in the float network.
struct SampledPatch {
  double draw = 0;            ///< in [0, 1)
  std::vector<float> values;  ///< [groups, rows], as LayerPatches::Copy writes them

  friend bool operator==(const SampledPatch&, const SampledPatch&) = default;
};

/// Statistic: the patches with the smallest draws of all samples. The draws depend on the layer,
/// the sample and the patch's number alone.
class SampledPatches : public Statistic {
 public:
  static const StatisticKind kKind;
  static constexpr size_t kMost = 64;       ///< that are kept
  static constexpr size_t kFromSample = 8;  ///< that one sample offers at most

  explicit SampledPatches(std::vector<SampledPatch> patches) : patches_(std::move(patches)) {}

  /// Returns the patches by ascending draw, all of the same length.
  std::span<const SampledPatch> patches() const { return patches_; }

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;
  /// Reads what Write has written.
  static std::unique_ptr<Statistic> Read(ByteReader& reader, const SampleRun& samples);

 private:
  std::vector<SampledPatch> patches_;
};

}  // namespace qconvert
