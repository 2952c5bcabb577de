// Rounding the weights of one layer as least-squares problems in integers, one for each block of
// its Gram matrices: what the rounding methods that read these have in common. Between
// layer_evidence.h and the methods (gptq.cc, adaround.cc, ...).
#pragma once

#include <functional>
#include <optional>
#include <span>
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

/// Returns the integers nearest to the real weights.
std::vector<int16_t> NearestOf(const BlockProblem& problem);

/// Returns the rows of a problem in the order in which their inputs vary, the least first.
std::vector<size_t> OrderByVariance(const BlockProblem& problem);

/// Puts the rows of a problem, and the columns of H, into an order.
void Reorder(std::span<const size_t> order, BlockProblem& problem);

/// Returns integers whose rows are in an order as they were before it.
///   ordered  [R, O]
std::vector<int16_t> InFormerOrder(std::span<const size_t> order, size_t outputs,
                                   std::span<const int16_t> ordered);

/// Outputs that the methods take together, one in each lane of a vector.
inline constexpr size_t kOutputLanes = 8;

/// Calls work(first) for each kOutputLanes outputs, the last time perhaps for fewer.
///   threads  share the calls; null: the caller makes all
void ForOutputs(size_t outputs, ThreadPool* threads, const std::function<void(size_t first)>& work);

/// Chooses q [R, O] for one block.
///   block    whose problem it is, as observed
///   problem  may be used up
using BlockRounder = std::function<std::vector<int16_t>(
    const GramMatrices& gram, const GramBlock& block, BlockProblem& problem)>;

/// Rounds a layer block by block, and moves its bias so that the means of its results on the
/// observed patches are the float network's.
///   ridge  of the mean diagonal element of H; more where a patch must tell of more values than
///          that: R / N for N patches. 0: none
///   result nothing where the layer has no Gram matrices that fit its weights, or infinite ones
std::optional<RoundedWeights> RoundBlocks(const LayerToRound& layer, double ridge,
                                          const BlockRounder& round);

}  // namespace qconvert
