#include "lib/quantization/block_problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "lib/math/product.h"

namespace qconvert {
namespace {

/// The blocks of one layer, and the weights that meet them.
class LayerRounder {
 public:
  LayerRounder(const LayerToRound& layer, double ridge)
      : layer_(layer), gram_(*layer.evidence.gram), ridge_(ridge) {
    const auto outputs = static_cast<size_t>(layer.weights.outputs().channels);
    per_group_ = outputs / (gram_.blocks.back().group + 1);
    rounded_.integers.resize(layer.weights.values().size());
    change_.resize(outputs);
  }

  RoundedWeights Round(const BlockRounder& round) && {
    for (const GramBlock& block : gram_.blocks) {
      BlockProblem problem = ProblemOf(block);
      const std::vector<double> before = SumsOver(block.real_sum, problem.real);
      Keep(block, before, round(gram_, block, problem));
    }
    rounded_.bias_change.assign(change_.begin(), change_.end());
    return std::move(rounded_);
  }

 private:
  const AffineParams& Scale(size_t output) const {
    return layer_.scales[layer_.weights.ChannelOf(output)];
  }
  double count() const { return static_cast<double>(gram_.count); }

  BlockProblem ProblemOf(const GramBlock& block) const {
    BlockProblem problem{block.rows, per_group_};
    problem.own.resize(block.rows * block.rows);
    double trace = 0;
    for (size_t i = 0; i < block.rows; ++i) {
      for (size_t j = 0; j < block.rows; ++j) {
        const double product = block.own_sum[i] * block.own_sum[j] / count();
        problem.own[i * block.rows + j] = (block.own[i * block.rows + j] - product) / count();
      }
      trace += problem.own[i * block.rows + i];
    }
    // Inputs that never vary tell nothing; any damping then makes q the nearest to w.
    const auto rows = static_cast<double>(block.rows);
    const double ridge = ridge_ > 0 ? std::max(ridge_, rows / count()) : 0;
    const double damping = trace > 0 ? ridge * trace / rows : 1;
    for (size_t i = 0; i < block.rows; ++i) problem.own[i * block.rows + i] += damping;
    FillReal(block, problem);
    FillWanted(block, damping, problem);
    return problem;
  }

  void FillReal(const GramBlock& block, BlockProblem& problem) const {
    const IntegerLimits limits = layer_.weights.limits();
    const std::span<const float> values = layer_.weights.values();
    problem.real.resize(block.rows * per_group_);
    for (size_t k = 0; k < per_group_; ++k) {
      const size_t output = block.group * per_group_ + k;
      const AffineParams& params = Scale(output);
      for (size_t i = 0; i < block.rows; ++i) {
        const float weight = values[layer_.weights.PlaceOf(output, block.first + i)];
        problem.real[i * per_group_ + k] = double{weight} / double{params.scale};
      }
      problem.limits.push_back({limits.min - params.zero_point, limits.max - params.zero_point});
    }
  }

  /// wanted = (G - (sum x) (sum r)^T / N) w / N + damping w.
  void FillWanted(const GramBlock& block, double damping, BlockProblem& problem) const {
    problem.wanted.resize(problem.real.size());
    MultiplyMatrices<double>(block.cross, problem.real, block.rows, per_group_, layer_.threads,
                             problem.wanted);
    const std::vector<double> sums = SumsOver(block.real_sum, problem.real);
    for (size_t i = 0; i < block.rows; ++i) {
      for (size_t k = 0; k < per_group_; ++k) {
        double& wanted = problem.wanted[i * per_group_ + k];
        wanted = (wanted - block.own_sum[i] * sums[k] / count()) / count() +
                 damping * problem.real[i * per_group_ + k];
      }
    }
  }

  /// Returns the sum over rows i of factors[i] values[i, k], for each output k.
  template <typename T>
  std::vector<double> SumsOver(const std::vector<double>& factors,
                               const std::vector<T>& values) const {
    std::vector<double> sums(per_group_);
    for (size_t i = 0; i < factors.size(); ++i) {
      for (size_t k = 0; k < per_group_; ++k) {
        sums[k] += factors[i] * static_cast<double>(values[i * per_group_ + k]);
      }
    }
    return sums;
  }

  /// Keeps the integers of a block, and what they take from the means of the results.
  ///   before  sums of the float results of each output, in steps
  void Keep(const GramBlock& block, const std::vector<double>& before,
            const std::vector<int16_t>& integers) {
    const std::vector<double> after = SumsOver(block.own_sum, integers);
    for (size_t k = 0; k < per_group_; ++k) {
      const size_t output = block.group * per_group_ + k;
      const AffineParams& params = Scale(output);
      change_[output] += double{params.scale} * (before[k] - after[k]) / count();
      for (size_t i = 0; i < block.rows; ++i) {
        rounded_.integers[layer_.weights.PlaceOf(output, block.first + i)] =
            static_cast<int8_t>(integers[i * per_group_ + k] + params.zero_point);
      }
    }
  }

  const LayerToRound& layer_;
  const GramMatrices& gram_;
  const double ridge_;
  size_t per_group_ = 0;  // output channels
  RoundedWeights rounded_;
  std::vector<double> change_;  // of the bias
};

/// Squares of large values overflow the floats that they are summed in.
bool IsFinite(const GramBlock& block) {
  const auto finite = [](double product) { return std::isfinite(product); };
  return std::all_of(block.own.begin(), block.own.end(), finite) &&
         std::all_of(block.cross.begin(), block.cross.end(), finite);
}

bool Fits(const GramMatrices* gram, const ChannelWeights& weights) {
  if (gram == nullptr || gram->blocks.empty() || gram->count == 0) return false;
  const auto outputs = static_cast<size_t>(weights.outputs().channels);
  const size_t groups = gram->blocks.back().group + 1;
  return outputs % groups == 0 && gram->patch * outputs == weights.values().size() &&
         std::all_of(gram->blocks.begin(), gram->blocks.end(), IsFinite);
}

}  // namespace

double Rounded(double steps, IntegerLimits limits) {
  return std::clamp(std::round(steps), static_cast<double>(limits.min),
                    static_cast<double>(limits.max));
}

std::vector<int16_t> NearestOf(const BlockProblem& problem) {
  std::vector<int16_t> integers;
  for (size_t i = 0; i < problem.real.size(); ++i) {
    const IntegerLimits& limits = problem.limits[i % problem.outputs];
    integers.push_back(static_cast<int16_t>(Rounded(problem.real[i], limits)));
  }
  return integers;
}

std::vector<size_t> OrderByVariance(const BlockProblem& problem) {
  std::vector<size_t> order(problem.rows);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto variance = [&](size_t i) { return problem.own[i * problem.rows + i]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return variance(a) < variance(b); });
  return order;
}

void Reorder(std::span<const size_t> order, BlockProblem& problem) {
  const size_t rows = problem.rows, outputs = problem.outputs;
  std::vector<double> own(problem.own.size()), wanted(problem.wanted.size()), real(wanted.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < rows; ++j) own[i * rows + j] = problem.own[order[i] * rows + order[j]];
    for (size_t k = 0; k < outputs; ++k) {
      wanted[i * outputs + k] = problem.wanted[order[i] * outputs + k];
      real[i * outputs + k] = problem.real[order[i] * outputs + k];
    }
  }
  problem.own = std::move(own);
  problem.wanted = std::move(wanted);
  problem.real = std::move(real);
}

std::vector<int16_t> InFormerOrder(std::span<const size_t> order, size_t outputs,
                                   std::span<const int16_t> ordered) {
  std::vector<int16_t> integers(ordered.size());
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t k = 0; k < outputs; ++k) {
      integers[order[i] * outputs + k] = ordered[i * outputs + k];
    }
  }
  return integers;
}

void ForOutputs(size_t outputs, ThreadPool* threads,
                const std::function<void(size_t first)>& work) {
  const auto tasks = static_cast<int>((outputs + kOutputLanes - 1) / kOutputLanes);
  const auto run = [&](int task, int) { work(static_cast<size_t>(task) * kOutputLanes); };
  if (threads != nullptr && tasks > 1) {
    threads->Run(tasks, run);
  } else {
    for (int task = 0; task < tasks; ++task) run(task, 0);
  }
}

std::optional<RoundedWeights> RoundBlocks(const LayerToRound& layer, double ridge,
                                          const BlockRounder& round) {
  if (!Fits(layer.evidence.gram, layer.weights)) return std::nullopt;
  return LayerRounder(layer, ridge).Round(round);
}

}  // namespace qconvert
