// GPTQ (Frantar et al. 2022, arXiv:2210.17323): weights are rounded one after the other, and each
// time those that are left make up for the error as well as real numbers can.
//
//   q is to minimize (q - t)^T H (q - t), t = H^-1 G w: the real weights with which the quantized
//   network's inputs give the float network's results best. (In the paper the inputs are the same,
//   G = H and t = w.) With H = R^T R, R upper triangular, the minimum for the last weight, when
//   those before it are free, is its t; and when all behind i are rounded,
//     q_i = round(t_i - sum_{j > i} R_ij (q_j - t_j) / R_ii).
//   That is the paper's algorithm without an inverse (Chen et al. 2025, arXiv:2507.18553), from the
//   last weight to the first. Weights whose inputs vary most are rounded first ("act-order" of the
//   authors' code), outputs do not know of each other. 0.01 of the mean diagonal element is added
//   to the diagonals of H, as in the paper, and of G; more where patches are few
//   (block_problem.h).
#include <algorithm>

#include "lib/base/vectorize.h"
#include "lib/math/cholesky.h"
#include "lib/quantization/block_problem.h"

namespace qconvert {
namespace {

constexpr double kRidge = 0.01;
using Lanes [[gnu::vector_size(kOutputLanes * sizeof(double))]] = double;

/// Returns sum_j row[j] errors[j] over j in [begin, rows).
QCONVERT_VECTORIZE void SumErrors(const double* row, const Lanes* errors, size_t begin, size_t rows,
                                  Lanes& sum) {
  Lanes total{};
  for (size_t j = begin; j < rows; ++j) total += row[j] * errors[j];
  sum = total;
}

/// Rounds the outputs from `first` on that are taken together.
///   problem  `own` is R, `wanted` is t
void RoundOutputs(const BlockProblem& problem, size_t first, std::vector<int16_t>& integers) {
  const size_t rows = problem.rows, outputs = problem.outputs;
  const size_t count = std::min(kOutputLanes, outputs - first);
  std::vector<Lanes> errors(rows);  // q - t
  for (size_t i = rows; i-- > 0;) {
    const double* row = problem.own.data() + i * rows;
    Lanes sum;
    SumErrors(row, errors.data(), i + 1, rows, sum);
    for (size_t k = 0; k < count; ++k) {
      const size_t at = i * outputs + first + k;
      const double rounded =
          Rounded(problem.wanted[at] - sum[k] / row[i], problem.limits[first + k]);
      integers[at] = static_cast<int16_t>(rounded);
      errors[i][k] = rounded - problem.wanted[at];
    }
  }
}

std::vector<int16_t> RoundBlock(BlockProblem& problem, ThreadPool* threads) {
  const std::vector<size_t> order = OrderByVariance(problem);
  Reorder(order, problem);
  std::vector<int16_t> integers(problem.wanted.size());
  if (!FactorCholesky(problem.own, problem.rows, threads)) {  // the means drown the variances
    return InFormerOrder(order, problem.outputs, NearestOf(problem));
  }
  SolveCholesky(problem.own, problem.rows, problem.wanted, problem.outputs);
  ForOutputs(problem.outputs, threads,
             [&](size_t first) { RoundOutputs(problem, first, integers); });
  return InFormerOrder(order, problem.outputs, integers);
}

RoundedWeights RoundByGptq(const LayerToRound& layer) {
  const auto rounded =
      RoundBlocks(layer, kRidge, [&](const GramMatrices&, const GramBlock&, BlockProblem& problem) {
        return RoundBlock(problem, layer.threads);
      });
  return rounded.value_or(RoundToNearest(layer));
}

}  // namespace

extern const RoundingMethod kGptq;
constinit const RoundingMethod kGptq = {"gptq",
                                        "one after the other, later weights make up for the errors",
                                        {.gram = true},
                                        RoundByGptq};

extern const RoundingMethod kBlocks;
constinit const RoundingMethod kBlocks = {
    .name = "blocks",
    .help = "gptq, then all layers of a residual block together, by gradients, for minutes",
    .needs = {.gram = true},
    .round = RoundByGptq,
    .draws = true,
    .in_blocks = true};

}  // namespace qconvert
