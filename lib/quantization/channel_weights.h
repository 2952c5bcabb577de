// The float weights of one node, seen channel by channel. Scale methods and rounding methods read
// them; pack_weights.h makes the tensor of the result.
#pragma once

#include <span>
#include <vector>

#include "lib/graph/tensor.h"
#include "lib/math/affine.h"
#include "lib/quantization/weight_scheme.h"

namespace qconvert {

/// Which inputs the output channels read: `count` channels each, one group after the other.
struct InputGroups {
  size_t count = 0;   ///< inputs per group
  size_t groups = 0;  ///< 1 of an ordinary convolution, the number of inputs of a depthwise one
};

/// Weights with the scheme that they are quantized by. Refers to the tensor, copies no weights.
///   weights  float32 [O, taps.., I] with scheme.axis 0, or [1, taps.., O] with the last axis
class ChannelWeights {
 public:
  /// Throws Error(kUnusable) when a weight is not finite.
  ChannelWeights(const Tensor& weights, WeightScheme scheme);

  const Tensor& tensor() const { return weights_; }
  const WeightScheme& scheme() const { return scheme_; }
  std::span<const float> values() const { return weights_.Values<float>(); }

  /// Returns the integers that the weights may become.
  IntegerLimits limits() const;
  /// Returns the channels that have a scale of their own; the whole tensor is one per layer.
  ChannelView view() const { return view_; }
  size_t channels() const { return ranges_.size(); }
  /// Returns the range of each channel.
  std::span<const Range> ranges() const { return ranges_; }
  /// Returns whether all weights of a channel are 0.
  bool IsDead(size_t channel) const { return ranges_[channel] == Range{}; }

  /// Returns the output channels, whether they share a scale or not.
  ChannelView outputs() const { return ViewChannels(weights_.shape, scheme_.axis); }
  /// Returns which channel of scales an output channel has.
  size_t ChannelOf(size_t output) const { return scheme_.per_channel ? output : 0; }
  /// Returns where weight i of an output channel lies; they are counted as values of a patch are.
  size_t PlaceOf(size_t output, size_t i) const;

  /// Copies the weights of one channel: [taps, inputs per group].
  std::vector<float> Channel(size_t channel) const;
  /// Returns which of `inputs` input channels the output channels read; no groups when the inputs
  /// cannot be those of the weights, as behind the flattening of a FULLY_CONNECTED.
  InputGroups GroupsOf(size_t inputs) const;

 private:
  const Tensor& weights_;
  WeightScheme scheme_;
  ChannelView view_;
  std::vector<Range> ranges_;
};

}  // namespace qconvert
