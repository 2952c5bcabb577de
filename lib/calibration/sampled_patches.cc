#include "lib/calibration/sampled_patches.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lib/base/error.h"
#include "lib/calibration/layer_patches.h"
#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

bool DrawnFirst(const SampledPatch& a, const SampledPatch& b) { return a.draw < b.draw; }

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const LayerPatches layer(graph, *subject.layer);
  const uint64_t seed = SeedOf(seen.sample, subject.name);
  const size_t count = std::min(SampledPatches::kFromSample, layer.positions());
  std::vector<SampledPatch> patches(count);
  for (size_t i = 0; i < count; ++i) {
    const double place = DrawnNumber(seed, 2 * i) * static_cast<double>(layer.positions());
    patches[i].draw = DrawnNumber(seed, 2 * i + 1);
    patches[i].values.resize(layer.groups() * layer.rows());
    layer.Copy(seen.values, std::min(static_cast<size_t>(place), layer.positions() - 1),
               patches[i].values);
  }
  std::sort(patches.begin(), patches.end(), DrawnFirst);
  return std::make_unique<SampledPatches>(std::move(patches));
}

float ReadFinite(ByteReader& reader) {
  const float value = reader.Float();
  if (!std::isfinite(value)) Fail(ErrorKind::kUnusable, "a patch with a value that is not finite");
  return value;
}

}  // namespace

constinit const StatisticKind SampledPatches::kKind{"sampled patches", Layers, Observe, Read};

void SampledPatches::Append(Statistic&& next) {
  auto& others = As<SampledPatches>(next).patches_;
  if (!patches_.empty() && !others.empty() &&
      patches_.front().values.size() != others.front().values.size()) {
    Fail(ErrorKind::kUnusable, "patches of another length");
  }
  const auto middle = patches_.insert(patches_.end(), std::make_move_iterator(others.begin()),
                                      std::make_move_iterator(others.end()));
  std::inplace_merge(patches_.begin(), middle, patches_.end(), DrawnFirst);
  if (patches_.size() > kMost) patches_.resize(kMost);
}

void SampledPatches::Write(ByteWriter& writer) const {
  writer.Unsigned(patches_.size());
  writer.Unsigned(patches_.empty() ? 0 : patches_.front().values.size());
  for (const SampledPatch& patch : patches_) {
    writer.Double(patch.draw);
    for (float value : patch.values) writer.Float(value);
  }
}

std::unique_ptr<Statistic> SampledPatches::Read(ByteReader& reader, const SampleRun&) {
  const uint64_t count = reader.Unsigned(), length = reader.Unsigned();
  if (count > kMost) Fail(ErrorKind::kUnusable, "more patches than are kept");
  std::vector<SampledPatch> patches;
  for (uint64_t i = 0; i < count; ++i) {
    SampledPatch patch;
    patch.draw = reader.Double();
    for (uint64_t k = 0; k < length; ++k) patch.values.push_back(ReadFinite(reader));
    patches.push_back(std::move(patch));
  }
  if (!std::is_sorted(patches.begin(), patches.end(), DrawnFirst)) {
    Fail(ErrorKind::kUnusable, "patches out of order");
  }
  return std::make_unique<SampledPatches>(std::move(patches));
}

}  // namespace qconvert
