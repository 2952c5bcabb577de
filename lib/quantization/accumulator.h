// Bounds of the sums that integer layers add up, so that no accumulator overflows, however few bits
// it has. quantize_weights.h widens weight scales until a layer keeps its bound.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/graph/tensor.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Bits of the accumulators of TFLite's kernels.
inline constexpr int kMostAccumulatorBits = 32;

/// What adds up the products and the bias of one result.
struct Accumulator {
  int bits = kMostAccumulatorBits;  ///< with the sign
  int64_t largest_input = 255;      ///< |x - z|, of any input x

  /// Returns the largest sum that it holds.
  int64_t largest_sum() const { return (int64_t{1} << (bits - 1)) - 1; }
};

/// Returns the largest |x - z| of int8 or int16 integers x.
///   input  with one zero point z
int64_t LargestInput(const Tensor& input);

/// Returns the largest sum that each output can reach: sum |w - z_w| largest_input + |bias|. No
/// part of the sum exceeds it, in whichever order the products are added.
///   weights  int8, or int4 with one int8 per element; axis `axis` has the outputs
///   bias     int32 [O], may be null
///   result   [O]
///   Colbert et al. 2023 (A2Q, arXiv:2308.13504), section 3.1: the norm l1 of the weights.
std::vector<int64_t> LargestSums(const Tensor& weights, int axis, const Tensor* bias,
                                 int64_t largest_input);

/// Widens the scales of outputs whose sums an accumulator cannot hold.
///   sums    [O], from LargestSums
///   scales  [O], or one for all
///   Returns whether any was widened; the layer must then be rounded again.
bool WidenForAccumulator(std::span<const int64_t> sums, const Accumulator& accumulator,
                         std::span<AffineParams> scales);

/// Clamps a bias so that the sums stay within the accumulator.
///   sums  [O], of the weights alone, each within it
///   bias  int32 [O]
Tensor BiasWithin(std::span<const int64_t> sums, const Accumulator& accumulator, Tensor bias);

}  // namespace qconvert
