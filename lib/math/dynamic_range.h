// Rounds activations to 8 bits by the range that they have at run time, as LiteRT's kernels with
// float activations beside integer weights do. runner/dynamic_kernel.h runs it in front of a layer.
#pragma once

#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// Returns int8 parameters for values of a range, zero included.
///   as LiteRT's reference kernels choose them (PortableAsymmetricQuantizeFloats): in double, the
///   zero point by the end of the range whose own rounding errs less
///   range  finite
AffineParams DynamicParams(Range range);

/// Rounds values to the reals that their int8 numbers under DynamicParams of their own range stand
/// for; halves go away from zero. Values that are not all finite stay as they are.
///   rounded  as many; may be `values`
void RoundToOwnRange(std::span<const float> values, std::span<float> rounded);

}  // namespace qconvert
