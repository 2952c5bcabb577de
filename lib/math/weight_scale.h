// Chooses the scale of one output channel's weights so that rounding them harms the channel's
// result least. Stands beside affine.h, whose max|w| / limit is where the search begins; quantize.h
// rounds with what is found.
#pragma once

#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// One output channel's weights and what is known of the inputs they are multiplied with.
struct WeightedInputs {
  std::span<const float> weights;   ///< [taps, inputs]
  std::span<const float> mean;      ///< [inputs]
  std::span<const float> variance;  ///< [inputs]
};

/// Returns the mean square of what rounding to nearest with `scale` adds to the channel's result,
/// in units of scale squared.
///   e = round(w / scale) - w / scale, saturated; taps of one input correlate by 1/2, as
///   neighbouring pixels do, inputs not at all:
///   sum_i v_i (sum_t e_ti^2 + (sum_t e_ti)^2) / 2 + (sum_ti m_i e_ti)^2
float RoundingHarm(const WeightedInputs& channel, float scale, IntegerLimits limits);

/// Returns the scale, from `largest` = max|w| / limits.max to a fifth above it (for few steps also
/// below it, which clips), with the least scale^2 RoundingHarm. The smallest scale keeps each
/// weight's error small; a slightly larger one lets the errors of a channel cancel, which matters
/// more, since the inputs behind a ReLU have a mean.
float ChooseWeightScale(const WeightedInputs& channel, float largest, IntegerLimits limits);

}  // namespace qconvert
