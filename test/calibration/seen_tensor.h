// What range methods are shown of one tensor, from its values on each sample.
#pragma once

#include <memory>
#include <vector>

#include "lib/calibration/range_method.h"
#include "lib/calibration/sampled_patches.h"
#include "lib/math/finite_range.h"

namespace qconvert {

/// A tensor that was seen on some samples.
class SeenTensor {
 public:
  /// `method` says which statistics are gathered, all values are of one tensor [N].
  SeenTensor(const RangeMethod& method, const std::vector<std::vector<float>>& samples)
      : method_(method),
        tensor_{"x", ElementType::kFloat32, {static_cast<int64_t>(samples.front().size())}} {
    for (size_t i = 0; i < samples.size(); ++i) evidence_.Append(Observe(i, samples[i]));
  }

  /// Returns what the method chooses for it.
  RangeChoice Choose(const RangeOptions& options = {}) const {
    return method_.choose(TensorEvidence(evidence_, tensor_, kAny), options);
  }
  /// Returns what it chooses where nothing may be clipped, of a tensor within `possible`.
  RangeChoice Keep(Range possible = kAny) const {
    return method_.keep(TensorEvidence(evidence_, tensor_, possible), {});
  }

 private:
  static constexpr Range kAny{-HUGE_VALF, HUGE_VALF};

  Evidence Observe(size_t sample, const std::vector<float>& values) const {
    const Subject subject{"x", 0, nullptr};
    std::vector<const StatisticKind*> kinds(method_.reads.begin(), method_.reads.end());
    std::erase(kinds, &SampledPatches::kKind);  // of layers, which the tensor has none of
    std::sort(kinds.begin(), kinds.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    Evidence::Keys keys;
    std::vector<std::unique_ptr<Statistic>> statistics;
    for (const StatisticKind* kind : kinds) {
      keys.push_back({std::string(kind->name), "x"});
      statistics.push_back(
          kind->observe(graph_, subject, {sample, values, FiniteRange(values).value()}));
    }
    return {
        {sample, sample + 1}, std::make_shared<const Evidence::Keys>(keys), std::move(statistics)};
  }

  const RangeMethod& method_;
  Graph graph_;
  Tensor tensor_;
  Evidence evidence_;
};

}  // namespace qconvert
