#include "lib/quantization/weight_params.h"

#include "lib/math/weight_scale.h"

namespace qconvert {
namespace {

constexpr IntegerLimits kInt4Limits{-8, 7};

/// Which inputs an output channel reads: `count` channels each, one group after the other.
struct InputGroups {
  size_t count;   // inputs per group
  size_t groups;  // 1 of an ordinary convolution, the number of inputs of a depthwise one
};

/// Returns the groups; none when the inputs cannot be those of the weights, as behind the
/// flattening of a FULLY_CONNECTED.
InputGroups GroupsOf(const Tensor& weights, int axis, size_t inputs) {
  const size_t count = axis == 0 ? static_cast<size_t>(weights.shape.back()) : 1;
  if (count == 0 || inputs % count != 0) return {0, 0};
  return {count, inputs / count};
}

/// Returns the weights of one output channel, [taps, inputs per group].
std::vector<float> WeightsOfChannel(std::span<const float> weights, ChannelView view,
                                    size_t channel) {
  const auto channels = static_cast<size_t>(view.channels), inner = static_cast<size_t>(view.inner);
  std::vector<float> result;
  for (size_t o = 0; o < static_cast<size_t>(view.outer); ++o) {
    const auto run = weights.subspan((o * channels + channel) * inner, inner);
    result.insert(result.end(), run.begin(), run.end());
  }
  return result;
}

/// Searches the scales of a node's channels; dead ones keep theirs.
void SearchScales(const Tensor& weights, const WeightScheme& scheme, std::span<const Range> ranges,
                  const WeightSearch& search, std::vector<AffineParams>& params) {
  const std::span mean(search.inputs->mean), variance(search.inputs->variance);
  const InputGroups groups = GroupsOf(weights, scheme.axis, mean.size());
  if (groups.groups == 0) return;
  const auto search_channel = [&](size_t o) {
    if (ranges[o] == Range{}) return;
    const auto channel = WeightsOfChannel(weights.Values<float>(), ViewOf(weights, scheme), o);
    const size_t first = o * groups.groups / params.size() * groups.count;
    const WeightedInputs weighted{channel, mean.subspan(first, groups.count),
                                  variance.subspan(first, groups.count)};
    params[o].scale = ChooseWeightScale(weighted, params[o].scale, LimitsOf(scheme));
  };
  if (search.threads == nullptr) {
    for (size_t o = 0; o < params.size(); ++o) search_channel(o);
  } else {
    search.threads->Run(static_cast<int>(params.size()),
                        [&](int o, int) { search_channel(static_cast<size_t>(o)); });
  }
}

}  // namespace

IntegerLimits LimitsOf(const WeightScheme& scheme) {
  if (scheme.asymmetric) return scheme.bits == 4 ? kInt4Limits : kInt8Limits;
  return scheme.bits == 4 ? kInt4Weights : kInt8Weights;
}

ChannelView ViewOf(const Tensor& weights, const WeightScheme& scheme) {
  if (scheme.per_channel) return ViewChannels(weights.shape, scheme.axis);
  return {1, 1, weights.elements()};
}

std::vector<AffineParams> ChooseWeightParams(const Tensor& weights, const WeightScheme& scheme,
                                             const WeightSearch& search) {
  const auto ranges = RangeOfChannels(weights.Values<float>(), ViewOf(weights, scheme));
  if (scheme.asymmetric) return ChooseAffineChannels(ranges, LimitsOf(scheme));
  auto params = ChooseSymmetricChannels(ranges, LimitsOf(scheme));
  if (search.inputs != nullptr && scheme.per_channel) {
    SearchScales(weights, scheme, ranges, search, params);
  }
  return params;
}

}  // namespace qconvert
