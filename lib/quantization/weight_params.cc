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

void SearchScales(const Tensor& weights, const WeightScheme& scheme, std::span<const Range> ranges,
                  const ChannelMoments& inputs, std::vector<AffineParams>& params) {
  const InputGroups groups = GroupsOf(weights, scheme.axis, inputs.mean.size());
  if (groups.groups == 0) return;
  const ChannelView view = ViewOf(weights, scheme);
  for (size_t o = 0; o < params.size(); ++o) {
    if (ranges[o] == Range{}) continue;  // a dead channel
    const auto channel = WeightsOfChannel(weights.Values<float>(), view, o);
    const size_t first = o * groups.groups / params.size() * groups.count;
    const WeightedInputs weighted{channel, std::span(inputs.mean).subspan(first, groups.count),
                                  std::span(inputs.variance).subspan(first, groups.count)};
    params[o].scale = ChooseWeightScale(weighted, params[o].scale, LimitsOf(scheme));
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
                                             const ChannelMoments* inputs) {
  const auto ranges = RangeOfChannels(weights.Values<float>(), ViewOf(weights, scheme));
  if (scheme.asymmetric) return ChooseAffineChannels(ranges, LimitsOf(scheme));
  auto params = ChooseSymmetricChannels(ranges, LimitsOf(scheme));
  if (inputs != nullptr && scheme.per_channel) {
    SearchScales(weights, scheme, ranges, *inputs, params);
  }
  return params;
}

}  // namespace qconvert
