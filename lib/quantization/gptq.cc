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
//   to the diagonal of H, as in the paper, and of G.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/base/vectorize.h"
#include "lib/math/cholesky.h"
#include "lib/quantization/block_problem.h"

namespace qconvert {
namespace {

constexpr double kRidge = 0.01;
constexpr size_t kLanes = 8;  // outputs that are rounded together
using Lanes [[gnu::vector_size(kLanes * sizeof(double))]] = double;

/// Returns the rows in the order of what they vary, the most last.
std::vector<size_t> OrderOf(const BlockProblem& problem) {
  std::vector<size_t> order(problem.rows);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto variance = [&](size_t i) { return problem.own[i * problem.rows + i]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return variance(a) < variance(b); });
  return order;
}

/// Puts the rows, and the columns of H, into an order.
void Reorder(const std::vector<size_t>& order, BlockProblem& problem) {
  const size_t rows = problem.rows, outputs = problem.outputs;
  std::vector<double> own(problem.own.size()), wanted(problem.wanted.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < rows; ++j) {
      own[i * rows + j] = problem.own[order[i] * rows + order[j]];
    }
    for (size_t k = 0; k < outputs; ++k) {
      wanted[i * outputs + k] = problem.wanted[order[i] * outputs + k];
    }
  }
  problem.own = std::move(own);
  problem.wanted = std::move(wanted);
}

/// Returns sum_j row[j] errors[j] over j in [begin, rows).
QCONVERT_VECTORIZE void SumErrors(const double* row, const Lanes* errors, size_t begin, size_t rows,
                                  Lanes& sum) {
  Lanes total{};
  for (size_t j = begin; j < rows; ++j) total += row[j] * errors[j];
  sum = total;
}

/// Rounds kLanes outputs from `first` on, or as many as there are.
///   problem  `own` is R, `wanted` is t
void RoundOutputs(const BlockProblem& problem, size_t first, std::vector<int16_t>& integers) {
  const size_t rows = problem.rows, outputs = problem.outputs;
  const size_t count = std::min(kLanes, outputs - first);
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
  const std::vector<size_t> order = OrderOf(problem);
  Reorder(order, problem);
  FactorCholesky(problem.own, problem.rows, threads);
  SolveCholesky(problem.own, problem.rows, problem.wanted, problem.outputs);
  std::vector<int16_t> ordered(problem.wanted.size()), integers(ordered.size());
  const auto tasks = static_cast<int>((problem.outputs + kLanes - 1) / kLanes);
  const auto round = [&](int task, int) {
    RoundOutputs(problem, static_cast<size_t>(task) * kLanes, ordered);
  };
  if (threads != nullptr && tasks > 1) {
    threads->Run(tasks, round);
  } else {
    for (int task = 0; task < tasks; ++task) round(task, 0);
  }
  for (size_t i = 0; i < problem.rows; ++i) {
    std::copy_n(ordered.begin() + static_cast<std::ptrdiff_t>(i * problem.outputs), problem.outputs,
                integers.begin() + static_cast<std::ptrdiff_t>(order[i] * problem.outputs));
  }
  return integers;
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

}  // namespace qconvert
