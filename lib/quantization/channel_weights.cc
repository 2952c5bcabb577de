#include "lib/quantization/channel_weights.h"

namespace qconvert {
namespace {

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
  const int32_t most = (1 << (scheme_.bits - 1)) - 1;
  return {scheme_.asymmetric ? -most - 1 : -most, most};
}

size_t ChannelWeights::PlaceOf(size_t output, size_t i) const {
  const ChannelView view = outputs();
  const auto channels = static_cast<size_t>(view.channels), inner = static_cast<size_t>(view.inner);
  return (i / inner * channels + output) * inner + i % inner;
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
