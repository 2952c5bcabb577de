// Rounding the weights of one layer as least-squares problems in integers, one for each block of
// its Gram matrices: what the rounding methods that read these have in common. Between
// layer_evidence.h and the methods (gptq.cc, adaround.cc, ...).
#pragma once

#include <functional>
#include <vector>

#include "lib/quantization/rounding.h"

namespace qconvert {

/// The weights that O output channels have for R values of a patch. With real weights w, integers q
/// (both in steps of their channel), inputs r of the float network and x of the quantized one, and
/// a bias that is free, the mean square of what rounding adds to a result is, but for a constant
/// and the step,
///   q^T H q - 2 q^T G w,   H = mean (x - mean x)(x - mean x)^T, G likewise with r for the last.
/// A damping `ridge` is added to the diagonals of both, so that few patches do not lead q far from
/// w.
struct BlockProblem {
  size_t rows = 0, outputs = 0;     ///< R, O
  std::vector<double> own = {};     ///< [R, R], H, symmetric positive definite
  std::vector<double> wanted = {};  ///< [R, O], G w
  std::vector<double> real = {};    ///< [R, O], w
  /// By output: what q is within. Zero points are no part of q.
  std::vector<IntegerLimits> limits = {};
};

/// Returns the integer nearest to a weight in steps, within the limits.
double Rounded(double steps, IntegerLimits limits);

/// Chooses q [R, O] for one block.
///   block    whose problem it is, as observed
///   problem  `own` and `wanted` may be used up
using BlockRounder = std::function<std::vector<int16_t>(
    const GramMatrices& gram, const GramBlock& block, BlockProblem& problem)>;

/// Rounds a layer block by block, and moves its bias so that the means of its results on the
/// observed patches are the float network's.
///   ridge  of the mean diagonal element of H
///   result nothing where the layer has no Gram matrices that fit its weights
std::optional<RoundedWeights> RoundBlocks(const LayerToRound& layer, double ridge,
                                          const BlockRounder& round);

}  // namespace qconvert
