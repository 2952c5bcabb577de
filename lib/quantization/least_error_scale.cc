// Scales with which rounding harms the results of each channel least. Before: max|w| / limit of
// each channel; where the inputs' moments are known, symmetric scales per channel are then searched
// as weight_scale.h says.
#include "lib/math/weight_scale.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

/// Searches the scales of a node's channels; dead ones keep theirs.
void SearchScales(const ChannelWeights& weights, const ChannelMoments& inputs, ThreadPool* threads,
                  std::vector<AffineParams>& params) {
  const std::span mean(inputs.mean), variance(inputs.variance);
  const InputGroups groups = weights.GroupsOf(mean.size());
  if (groups.groups == 0) return;
  const auto search_channel = [&](size_t o) {
    if (weights.IsDead(o)) return;
    const std::vector<float> channel = weights.Channel(o);
    const size_t first = o * groups.groups / params.size() * groups.count;
    const WeightedInputs weighted{channel, mean.subspan(first, groups.count),
                                  variance.subspan(first, groups.count)};
    params[o].scale = ChooseWeightScale(weighted, params[o].scale, weights.limits());
  };
  if (threads == nullptr) {
    for (size_t o = 0; o < params.size(); ++o) search_channel(o);
  } else {
    threads->Run(static_cast<int>(params.size()),
                 [&](int o, int) { search_channel(static_cast<size_t>(o)); });
  }
}

std::vector<AffineParams> Choose(const ChannelWeights& weights, const LayerEvidence& evidence,
                                 ThreadPool* threads) {
  std::vector<AffineParams> params = ScalesOfRanges(weights);
  const WeightScheme& scheme = weights.scheme();
  if (evidence.moments != nullptr && scheme.per_channel && !scheme.asymmetric) {
    SearchScales(weights, *evidence.moments, threads, params);
  }
  return params;
}

}  // namespace

extern const ScaleMethod kLeastErrorScale;
constinit const ScaleMethod kLeastErrorScale = {
    "least-error",
    "searched for the least error of the channel's results",
    {.moments = true},
    Choose};

}  // namespace qconvert
