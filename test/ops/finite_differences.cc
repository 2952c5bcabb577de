#include "test/ops/finite_differences.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/support/operator_cases.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using Floats = std::vector<float>;
using Values = std::vector<Floats>;  // for each operand or result; empty where it holds no reals

constexpr float kStep = 0x1p-6F;
constexpr int kDirections = 3;

/// Returns distinct odd multiples of 1/16, from `lowest` / 8 + 1/16 on.
Floats ValuesApart(size_t count, int64_t lowest, Random& random) {
  Floats values(count);
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(2 * (lowest + static_cast<int64_t>(i)) + 1) / 16;
    std::swap(values[i], values[static_cast<size_t>(random.Integer(0, static_cast<int64_t>(i)))]);
  }
  return values;
}

/// A node with values for its operands.
class TriedNode {
 public:
  TriedNode(const Graph& graph, Draw draw, Random& random)
      : graph_(graph), node_(OnlyNode(graph)), op_(OpOf(node_)) {
    for (TensorId id : node_.inputs()) operands_.push_back(graph.tensor(id));
    for (Tensor& operand : operands_) {
      if (!operand.is_constant()) operand = RandomTensor(operand, random.Next());
    }
    DrawReals(draw, random);
  }

  const Node& node() const { return node_; }
  const Values& reals() const { return reals_; }

  /// Returns the results for these real operands.
  Values Evaluate(Values reals) const {
    Values results;
    for (TensorId id : node_.outputs()) {
      results.emplace_back(static_cast<size_t>(graph_.tensor(id).elements()));
    }
    op_.evaluate(node_, Operands(reals), Results(results));
    return results;
  }

  /// Adds the gradients from those by the results.
  void Backward(const Values& by_results, Values& by_operands) const {
    Values reals = reals_, results = Evaluate(reals_);
    const std::vector<TensorView> inputs = Operands(reals), outputs = Results(results);
    const std::vector<std::span<const float>> by_outputs(by_results.begin(), by_results.end());
    const std::vector<std::span<float>> by_inputs(by_operands.begin(), by_operands.end());
    op_.backward(node_, {inputs, outputs, by_outputs, by_inputs});
  }

 private:
  /// Numbers of one draw are apart in all operands together.
  void DrawReals(Draw draw, Random& random) {
    size_t count = 0;
    for (const Tensor& operand : operands_) count += static_cast<size_t>(operand.elements());
    const int64_t lowest = draw == Draw::kPositive ? 4 : -static_cast<int64_t>(count / 2);
    const Floats apart = ValuesApart(count, lowest, random);
    auto next = apart.begin();
    for (const Tensor& operand : operands_) {
      Floats& values = reals_.emplace_back();
      if (!operand.is_float()) continue;
      values.assign(next, next + operand.elements());
      next += operand.elements();
      if (draw == Draw::kUniform) values = RandomFloats(values.size(), random.Next());
    }
  }

  std::vector<TensorView> Operands(Values& reals) const {
    std::vector<TensorView> views;
    for (size_t k = 0; k < operands_.size(); ++k) {
      const Tensor& operand = operands_[k];
      std::byte* bytes = operand.is_float()
                             ? reinterpret_cast<std::byte*>(reals[k].data())
                             : const_cast<std::byte*>(operand.constant->bytes.data());
      views.push_back({&operand, bytes});
    }
    return views;
  }

  std::vector<TensorView> Results(Values& results) const {
    std::vector<TensorView> views;
    for (size_t k = 0; k < results.size(); ++k) {
      views.push_back(
          {&graph_.tensor(node_.outputs()[k]), reinterpret_cast<std::byte*>(results[k].data())});
    }
    return views;
  }

  const Graph& graph_;
  const Node& node_;
  const Op& op_;
  std::vector<Tensor> operands_;
  Values reals_;
};

/// What five runs along one direction say: at -2, -1, 0, 1 and 2 steps.
struct Line {
  std::array<Values, 5> operands, results;
};

Line RunAlong(const TriedNode& tried, size_t k, const Floats& direction) {
  Line line;
  for (size_t t = 0; t < 5; ++t) {
    line.operands[t] = tried.reals();
    const float by = (static_cast<float>(t) - 2) * kStep;
    for (size_t i = 0; i < direction.size(); ++i) line.operands[t][k][i] += by * direction[i];
    line.results[t] = tried.Evaluate(line.operands[t]);
  }
  return line;
}

/// Returns random weights of the results; none for those that reach an end of the fused activation
/// on one part of the line only, where f has a kink.
Values WeightsOf(const Node& node, const Line& line, Random& random) {
  const Range ends = ActivationRange(FusedActivation(node.op));
  const auto at_end = [&](float y) { return y <= ends.min || y >= ends.max; };
  Values weights;
  for (size_t k = 0; k < line.results[0].size(); ++k) {
    Floats& its = weights.emplace_back(RandomFloats(line.results[0][k].size(), random.Next()));
    for (size_t i = 0; i < its.size(); ++i) {
      const auto clamped = std::count_if(line.results.begin(), line.results.end(),
                                         [&](const Values& y) { return at_end(y[k][i]); });
      if (clamped != 0 && clamped != 5) its[i] = 0;
    }
  }
  return weights;
}

/// Returns sum(w y) after `t` steps, in double.
double LossAt(const Line& line, size_t t, const Values& weights) {
  double loss = 0;
  for (size_t k = 0; k < weights.size(); ++k) {
    for (size_t i = 0; i < weights[k].size(); ++i) {
      loss += double{weights[k][i]} * double{line.results[t][k][i]};
    }
  }
  return loss;
}

/// Returns how far rounding may move sum(w y): `evaluate` rounds a result some eight times at the
/// most, each time by 2^-24 of a number no larger than the largest operand or the result. The
/// gradient rounds as often as it adds, but is multiplied by a step, of 1/64: sums of hundreds of
/// products stay below that.
double RoundingOf(const Line& line, const Values& weights) {
  double largest = 0, rounding = 0;
  for (const Floats& operand : line.operands[2]) {
    for (float x : operand) largest = std::max(largest, std::abs(double{x}));
  }
  for (size_t k = 0; k < weights.size(); ++k) {
    for (size_t i = 0; i < weights[k].size(); ++i) {
      const double size = std::abs(double{line.results[2][k][i]}) + largest;
      rounding += 8 * 0x1p-24 * std::abs(double{weights[k][i]}) * size;
    }
  }
  return rounding;
}

/// Compares g s with L(x + s / 2) - L(x - s / 2), the step s as it was rounded. The difference over
/// twice the step is six times as far from twice that over the step as the latter is from the
/// gradient (the third-order terms are 8/3 and 1/3), so it bounds what higher orders make up.
void CompareAlong(const TriedNode& tried, size_t k, Random& random) {
  Floats direction(tried.reals()[k].size());
  for (float& d : direction) d = static_cast<float>(random.Integer(-8, 8)) / 8;
  const Line line = RunAlong(tried, k, direction);
  const Values weights = WeightsOf(tried.node(), line, random);
  Values before, after;
  for (const Floats& x : tried.reals()) before.push_back(RandomFloats(x.size(), random.Next()));
  after = before;
  tried.Backward(weights, after);
  double by_gradient = 0;
  for (size_t i = 0; i < direction.size(); ++i) {
    const double step = double{line.operands[3][k][i]} - double{line.operands[1][k][i]};
    by_gradient += (double{after[k][i]} - double{before[k][i]}) * step;
  }
  const double once = LossAt(line, 3, weights) - LossAt(line, 1, weights);
  const double twice = LossAt(line, 4, weights) - LossAt(line, 0, weights);
  const double tolerance = std::abs(twice - 2 * once) + 2 * RoundingOf(line, weights);
  INFO("operand " << k << ", by differences " << once << ", by gradient " << by_gradient);
  CHECK(std::abs(by_gradient - once) <= tolerance);
}

/// Nobody asks for the other gradients: they are left alone and change nothing.
void CompareAlone(const TriedNode& tried, size_t k, Random& random) {
  Values weights = tried.Evaluate(tried.reals()), all, alone(tried.reals().size());
  for (Floats& its : weights) its = RandomFloats(its.size(), random.Next());
  for (const Floats& x : tried.reals()) all.emplace_back(x.size(), 0.0F);
  alone[k] = all[k];
  tried.Backward(weights, all);
  tried.Backward(weights, alone);
  CHECK(alone[k] == all[k]);
}

}  // namespace

int CheckGradients(const Graph& graph, Draw draw, uint64_t seed) {
  Random random(seed);
  const TriedNode tried(graph, draw, random);
  int compared = 0;
  for (size_t k = 0; k < tried.reals().size(); ++k) {
    if (tried.reals()[k].empty()) continue;
    for (int i = 0; i < kDirections; ++i) CompareAlong(tried, k, random);
    CompareAlone(tried, k, random);
    ++compared;
  }
  return compared;
}

}  // namespace qconvert
