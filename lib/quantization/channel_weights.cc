#include "lib/quantization/channel_weights.h"

namespace qconvert {
namespace {

constexpr IntegerLimits kInt4Limits{-8, 7};

ChannelView ViewOf(const Tensor& weights, const WeightScheme& scheme) {
  if (scheme.per_channel) return ViewChannels(weights.shape, scheme.axis);
  return {1, 1, weights.elements()};
}

}  // namespace

ChannelWeights::ChannelWeights(const Tensor& weights, WeightScheme scheme)
    : weights_(weights),
      scheme_(scheme),
      view_(ViewOf(weights, scheme)),
      ranges_(RangeOfChannels(weights.Values<float>(), view_)) {}

IntegerLimits ChannelWeights::limits() const {
  if (scheme_.asymmetric) return scheme_.bits == 4 ? kInt4Limits : kInt8Limits;
  return scheme_.bits == 4 ? kInt4Weights : kInt8Weights;
}

std::vector<float> ChannelWeights::Channel(size_t channel) const {
  const auto channels = static_cast<size_t>(view_.channels);
  const auto inner = static_cast<size_t>(view_.inner);
  std::vector<float> result;
  result.reserve(values().size() / channels);
  for (size_t o = 0; o < static_cast<size_t>(view_.outer); ++o) {
    const auto run = values().subspan((o * channels + channel) * inner, inner);
    result.insert(result.end(), run.begin(), run.end());
  }
  return result;
}

InputGroups ChannelWeights::GroupsOf(size_t inputs) const {
  const size_t count = scheme_.axis == 0 ? static_cast<size_t>(weights_.shape.back()) : 1;
  if (count == 0 || inputs % count != 0) return {};
  return {count, inputs / count};
}

}  // namespace qconvert
