// Chooses scale and zero point of every channel of a node's weights. weights.h rounds with them.
#pragma once

#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/graph/tensor.h"
#include "lib/math/affine.h"
#include "lib/math/channel_moments.h"

namespace qconvert {

/// How the weights of one node are quantized.
struct WeightScheme {
  int bits = 8;             ///< 8 or 4
  int axis = 0;             ///< the output-channel axis
  bool per_channel = true;  ///< one scale per index of `axis`
  bool asymmetric = false;  ///< with a zero point
};

/// What the search of scales uses.
struct WeightSearch {
  const ChannelMoments* inputs = nullptr;  ///< of what the weights multiply; null: no search
  ThreadPool* threads = nullptr;           ///< share the channels; null: the caller does all
};

/// Returns the integers that weights become under a scheme.
IntegerLimits LimitsOf(const WeightScheme& scheme);

/// Returns the channels of the weights; the whole tensor is one when the scheme is per layer.
ChannelView ViewOf(const Tensor& weights, const WeightScheme& scheme);

/// Chooses the parameters of every channel (the paper's sections 2.1, 2.2 and 2.6). Symmetric
/// scales per channel start at max|w| / limit and, where the inputs are known, are searched as
/// weight_scale.h says.
///   weights  float32 [O, taps.., I] with scheme.axis 0, or [1, taps.., O] with the last axis
///   Throws Error(kUnusable) when a weight is not finite.
std::vector<AffineParams> ChooseWeightParams(const Tensor& weights, const WeightScheme& scheme,
                                             const WeightSearch& search = {});

}  // namespace qconvert
