// Chooses how integers stand for reals: r = scale (q - zero_point), the paper's equation 3. Before
// it: a tensor's range (calibration, or a constant's own values). After it: quantize.h, which
// rounds, and the parameters that the file stores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qconvert {

/// The smallest and the largest value of a tensor or channel, in real units.
struct Range {
  float min = 0;
  float max = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

/// One scale and zero point.
struct AffineParams {
  float scale = 1;  ///< real units per step, a normal float > 0
  int32_t zero_point = 0;

  friend bool operator==(const AffineParams&, const AffineParams&) = default;
};

/// The integers a quantized value may take.
struct IntegerLimits {
  int32_t min = 0;
  int32_t max = 0;
};

inline constexpr IntegerLimits kInt8Limits{-128, 127};
inline constexpr IntegerLimits kUInt8Limits{0, 255};
inline constexpr IntegerLimits kInt16Limits{-32768, 32767};
inline constexpr IntegerLimits kInt32Limits{INT32_MIN, INT32_MAX};
/// Limits of symmetric weights: the lowest number is left out (the paper's section 2.2).
inline constexpr IntegerLimits kInt8Weights{-127, 127};
inline constexpr IntegerLimits kInt4Weights{-7, 7};

/// The least scale we give: 2^-60, so that the product of two scales is a normal float too.
inline constexpr float kLeastScale = 0x1p-60F;
/// The scale of a tensor that is always 0: any would do, this one keeps products in range.
inline constexpr float kDeadScale = 0x1p-7F;

/// The largest magnitude of reals that activations are quantized for: 2^62. Their scales, and those
/// of weights as large, stay below 2^60, so that products and quotients of two are normal floats.
inline constexpr float kLargestReal = 0x1p62F;

/// Returns the range widened to include 0: (2.1, 3.5) becomes (0, 3.5).
///   the paper's section 2.1: zero must be exactly representable
///   Throws Error(kUnusable) when an end is not finite or min > max.
Range RelaxToZero(Range range);

/// Chooses affine (asymmetric) parameters for a range, relaxed to include 0.
///   scale = (max - min) / (limits.max - limits.min), never below kLeastScale
///   zero_point = the integer nearest to where 0 falls, within the limits
///   A range that is only 0 gives {kDeadScale, the integer 0 or the nearest limit}.
///   Throws Error(kUnusable) when an end is not finite or min > max.
AffineParams ChooseAffine(Range range, IntegerLimits limits);

/// Chooses symmetric parameters: zero point 0, scale = max|r| / limits.max (the paper's 2.2).
///   Throws as ChooseAffine.
AffineParams ChooseSymmetric(Range range, IntegerLimits limits);

/// Chooses symmetric parameters for each channel's range. A channel that is only 0 gets the largest
/// scale of the others, so that its bias keeps a resolution that fits the tensor.
///   Throws as ChooseAffine.
std::vector<AffineParams> ChooseSymmetricChannels(std::span<const Range> channels,
                                                  IntegerLimits limits);

/// Chooses affine parameters for each channel's range; channels that are only 0 as above.
///   Throws as ChooseAffine.
std::vector<AffineParams> ChooseAffineChannels(std::span<const Range> channels,
                                               IntegerLimits limits);

/// A row-major tensor [.., C, ..] seen from its channel axis: index = (o * channels + c) * inner +
/// i.
struct ChannelView {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 1;
};

/// Splits a shape at its channel axis.
///   axis  in [0, rank)
ChannelView ViewChannels(std::span<const int64_t> shape, int axis);

/// Returns the range of the values; of none, (0, 0).
///   Throws Error(kUnusable) when a value is not finite.
Range RangeOf(std::span<const float> values);

/// Returns the range of every channel.
///   Throws Error(kUnusable) when a value is not finite.
std::vector<Range> RangeOfChannels(std::span<const float> values, ChannelView view);

}  // namespace qconvert
