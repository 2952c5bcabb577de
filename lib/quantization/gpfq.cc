// GPFQ, greedy path following (Lybrand and Saab 2021; Zhang, Zhou and Saab 2022, arXiv:2201.11113):
// weights are rounded one after the other, each so that the results of those so far stay near the
// float network's. With real weights w, integers q, inputs r_t of the float and x_t of the
// quantized network,
//   u_0 = 0,  q_t = Q(<x_t, u_{t-1} + w_t r_t> / |x_t|^2),  u_t = u_{t-1} + w_t r_t - q_t x_t.
// The inner products are elements of H and G, so no inputs are stored:
//   q_t = Q((sum_{j <= t} G_tj w_j - sum_{j < t} H_tj q_j) / H_tt).
// Weights whose inputs vary most come first. An input that never varies gets the nearest integer.
//
// Q rounds to the nearest integer. Before it, weights below a threshold become 0 (the sparse
// variant with hard thresholding, section 5 of the same paper). In SPFQ (Zhang and Saab 2023,
// arXiv:2309.10975) Q rounds by chance.
#include <algorithm>
#include <cmath>

#include "lib/base/vectorize.h"
#include "lib/math/drawn_number.h"
#include "lib/quantization/block_problem.h"

namespace qconvert {
namespace {

using Lanes [[gnu::vector_size(kOutputLanes * sizeof(double))]] = double;

/// Returns G / N in a problem's order of rows, without what the means explain.
std::vector<double> OrderedCross(const GramMatrices& gram, const GramBlock& block,
                                 std::span<const size_t> order) {
  const auto count = static_cast<double>(gram.count);
  std::vector<double> cross;
  cross.reserve(block.cross.size());
  for (size_t i : order) {
    for (size_t j : order) {
      const double means = block.own_sum[i] * block.real_sum[j] / count;
      cross.push_back((block.cross[i * block.rows + j] - means) / count);
    }
  }
  return cross;
}

/// Returns sum_j own[j] integers[j] over j in [begin, rows), and the same with `cross` and `real`.
QCONVERT_VECTORIZE void SumProducts(const double* own, const double* cross, const Lanes* integers,
                                    const Lanes* real, size_t begin, size_t rows, Lanes& reached,
                                    Lanes& wanted) {
  Lanes own_sum{}, cross_sum{};
  for (size_t j = begin; j < rows; ++j) {
    own_sum += own[j] * integers[j];
    cross_sum += cross[j] * real[j];
  }
  reached = own_sum;
  wanted = cross_sum;
}

/// How one weight of GPFQ becomes an integer.
class Quantizer {
 public:
  Quantizer(const LayerToRound& layer, bool by_chance)
      : by_chance_(by_chance),
        sparsity_(layer.options.sparsity),
        seed_(SeedOf(layer.options.seed, layer.weights.tensor().name)) {}

  /// Returns what is added before rounding down, for weight `place` of the layer.
  double Noise(uint64_t place) const { return by_chance_ ? DrawnNumber(seed_, place) : 0.5; }

  /// Returns below which weights of an output become 0, in steps.
  ///   real  [R, O]
  double Threshold(const BlockProblem& problem, size_t output) const {
    double squares = 0;
    for (size_t i = output; i < problem.real.size(); i += problem.outputs) {
      squares += problem.real[i] * problem.real[i];
    }
    return sparsity_ * std::sqrt(squares / static_cast<double>(problem.rows));
  }

 private:
  bool by_chance_;
  double sparsity_;
  uint64_t seed_;
};

/// Rounds the outputs from `first` on that are taken together, from the last row to the first.
///   place  of the block's first weight, for what is drawn
void RoundOutputs(const BlockProblem& problem, std::span<const double> cross,
                  const Quantizer& quantizer, uint64_t place, size_t first,
                  std::vector<int16_t>& integers) {
  const size_t rows = problem.rows, outputs = problem.outputs;
  const size_t count = std::min(kOutputLanes, outputs - first);
  std::vector<Lanes> real(rows), chosen(rows);
  Lanes thresholds{};
  for (size_t k = 0; k < count; ++k) thresholds[k] = quantizer.Threshold(problem, first + k);
  for (size_t i = rows; i-- > 0;) {
    const double* own = problem.own.data() + i * rows;
    for (size_t k = 0; k < count; ++k) real[i][k] = problem.real[i * outputs + first + k];
    Lanes reached, wanted;
    SumProducts(own, cross.data() + i * rows, chosen.data(), real.data(), i, rows, reached, wanted);
    for (size_t k = 0; k < count; ++k) {
      const size_t at = i * outputs + first + k;
      const double steps = own[i] > 0 ? (wanted[k] - reached[k]) / own[i] : real[i][k];
      const IntegerLimits& limits = problem.limits[first + k];
      const double drawn = std::floor(steps + quantizer.Noise(place + at));
      const double rounded =
          std::clamp(drawn, static_cast<double>(limits.min), static_cast<double>(limits.max));
      chosen[i][k] = std::abs(steps) < thresholds[k] ? 0 : rounded;
      integers[at] = static_cast<int16_t>(chosen[i][k]);
    }
  }
}

RoundedWeights RoundGreedily(const LayerToRound& layer, bool by_chance) {
  const Quantizer quantizer(layer, by_chance);
  uint64_t place = 0;
  const auto round = [&](const GramMatrices& gram, const GramBlock& block, BlockProblem& problem) {
    const std::vector<size_t> order = OrderByVariance(problem);
    Reorder(order, problem);
    const std::vector<double> cross = OrderedCross(gram, block, order);
    std::vector<int16_t> integers(problem.real.size());
    ForOutputs(problem.outputs, layer.threads, [&](size_t first) {
      RoundOutputs(problem, cross, quantizer, place, first, integers);
    });
    place += integers.size();
    return InFormerOrder(order, problem.outputs, integers);
  };
  return RoundBlocks(layer, /*ridge=*/0, round).value_or(RoundToNearest(layer));
}

RoundedWeights RoundByGpfq(const LayerToRound& layer) { return RoundGreedily(layer, false); }
RoundedWeights RoundBySpfq(const LayerToRound& layer) { return RoundGreedily(layer, true); }

}  // namespace

extern const RoundingMethod kGpfq, kSpfq;
constinit const RoundingMethod kGpfq = {.name = "gpfq",
                                        .help = "one after the other, each for the sum so far",
                                        .needs = {.gram = true},
                                        .round = RoundByGpfq,
                                        .thresholds = true};
constinit const RoundingMethod kSpfq = {.name = "spfq",
                                        .help = "the same by chance",
                                        .needs = {.gram = true},
                                        .round = RoundBySpfq,
                                        .draws = true,
                                        .thresholds = true};

}  // namespace qconvert
