// AdaRound (Nagel et al. 2020, arXiv:2004.10568): whether each weight is rounded up or down is
// searched by gradients, all weights of a layer together.
//
//   q = clip(floor(w) + h(V)),  h(V) = clip(1.2 sigmoid(V) - 0.1, 0, 1)     (equations 22, 23)
//
//   loss = q^T H q - 2 q^T G w + 0.01 sum (1 - |2 h(V) - 1|^b)              (equations 21, 24)
//
// in steps, the first part divided by the mean diagonal element of H, so that 0.01 means the same
// in every layer. It is the paper's mean square of the results, but for a constant, so no inputs
// are stored and its gradient is exact: 2 (H q - G w) h'(V) where nothing clips. b falls from 20 to
// 2 by a cosine after a fifth of the iterations; before, only the results count. Adam with steps of
// 0.01. The number of iterations is fixed. H and G get 0.01 of the mean diagonal element, as in
// gptq.cc.
//
// Ours is the end: of each output the better of this choice and the nearest integers is taken, and
// single weights are flipped while that lowers the first part of the loss.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/math/product.h"
#include "lib/quantization/block_problem.h"
#include "lib/quantization/soft_rounding.h"

namespace qconvert {
namespace {

constexpr double kRidge = 0.01;
constexpr float kPenaltyWeight = 0.01F, kStep = 0.01F;
constexpr float kDecay1 = 0.9F, kDecay2 = 0.999F, kEpsilon = 1e-8F;  // of Adam
constexpr int kMostSweeps = 20;
constexpr float kLeastGain = 1e-5F;  // beyond rounding errors
constexpr size_t kTask = 4096;       // weights that one thread updates at once

/// One block in the middle of its search.
class Search {
 public:
  Search(const BlockProblem& problem, ThreadPool* threads)
      : rows_(problem.rows), outputs_(problem.outputs), threads_(threads) {
    double trace = 0;
    for (size_t i = 0; i < rows_; ++i) trace += problem.own[i * rows_ + i];
    const double unit = static_cast<double>(rows_) / trace;
    for (double h : problem.own) own_.push_back(static_cast<float>(h * unit));
    for (double g : problem.wanted) wanted_.push_back(static_cast<float>(g * unit));
    for (double weight : problem.real) Begin(weight);
    for (const IntegerLimits& limits : problem.limits) {
      least_.push_back(static_cast<float>(limits.min));
      most_.push_back(static_cast<float>(limits.max));
    }
    first_.resize(v_.size());
    second_.resize(v_.size());
    q_.resize(v_.size());
    product_.resize(v_.size());
  }

  std::vector<int16_t> Run(int iterations) {
    for (int i = 0; i < iterations; ++i) {
      ForEachPart([&](size_t begin, size_t end) { Relax(begin, end); });
      MultiplyMatrices<float>(own_, q_, rows_, outputs_, threads_, product_);
      const Moment moment = MomentOf(i, iterations);
      ForEachPart([&](size_t begin, size_t end) { Update(moment, begin, end); });
    }
    std::vector<int16_t> integers(v_.size());
    const auto finish = [&](int output, int) { Finish(static_cast<size_t>(output), integers); };
    if (threads_ != nullptr) {
      threads_->Run(static_cast<int>(outputs_), finish);
    } else {
      for (size_t o = 0; o < outputs_; ++o) finish(static_cast<int>(o), 0);
    }
    return integers;
  }

 private:
  /// What changes from iteration to iteration alone.
  struct Moment {
    float exponent = 0;                      // of the penalty; 0: there is none
    float correction1 = 0, correction2 = 0;  // of Adam's means
  };

  static Moment MomentOf(int iteration, int iterations) {
    Moment moment;
    moment.exponent =
        PenaltyExponent(static_cast<float>(iteration) / static_cast<float>(iterations));
    moment.correction1 = 1 - std::pow(kDecay1, static_cast<float>(iteration + 1));
    moment.correction2 = 1 - std::pow(kDecay2, static_cast<float>(iteration + 1));
    return moment;
  }

  /// Begins where h(V) is the fraction of the weight.
  void Begin(double weight) {
    const double below = std::floor(weight);
    floor_.push_back(static_cast<float>(below));
    const auto fraction = static_cast<float>(weight - below);
    fraction_.push_back(fraction);
    v_.push_back(SoftStepInverse(fraction));
  }

  /// Writes q for the weights [begin, end).
  void Relax(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      q_[i] = std::clamp(floor_[i] + SoftStep(v_[i]), least_[i % outputs_], most_[i % outputs_]);
    }
  }

  /// Takes one step of Adam for the weights [begin, end).
  void Update(const Moment& moment, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float gradient = Gradient(i, moment.exponent);
      first_[i] = kDecay1 * first_[i] + (1 - kDecay1) * gradient;
      second_[i] = kDecay2 * second_[i] + (1 - kDecay2) * gradient * gradient;
      v_[i] -= kStep * first_[i] / moment.correction1 /
               (std::sqrt(second_[i] / moment.correction2) + kEpsilon);
    }
  }

  /// Returns the gradient of the loss with respect to V of one weight.
  float Gradient(size_t i, float exponent) const {
    const float slope = SoftStepSlope(v_[i]);
    if (slope == 0) return 0;
    const float h = SoftStep(v_[i]);
    const float q = floor_[i] + h;
    const bool clips = q < least_[i % outputs_] || q > most_[i % outputs_];
    float of_h = clips ? 0 : 2 * (product_[i] - wanted_[i]);
    if (exponent > 0) of_h += kPenaltyWeight * PenaltySlope(h, exponent);
    return of_h * slope;
  }

  /// The integers of one output, and what they cost.
  struct Choice {
    std::vector<float> q;         // [R]
    std::vector<float> gradient;  // [R], half of the loss's: H q - G w
    float loss = 0;
  };

  /// Chooses the integers of one output.
  void Finish(size_t output, std::vector<int16_t>& integers) const {
    Choice found = Choose(output, [this](size_t i) { return Sigmoid(v_[i]) >= 0.5F; });
    Choice nearest = Choose(output, [this](size_t i) { return fraction_[i] >= 0.5F; });
    Choice& best = nearest.loss < found.loss ? nearest : found;
    for (int sweep = 0; sweep < kMostSweeps && Flip(output, best); ++sweep) {
    }
    for (size_t r = 0; r < rows_; ++r) {
      integers[r * outputs_ + output] = static_cast<int16_t>(best.q[r]);
    }
  }

  template <typename IsUp>
  Choice Choose(size_t output, const IsUp& is_up) const {
    Choice choice;
    for (size_t r = 0; r < rows_; ++r) {
      const size_t i = r * outputs_ + output;
      choice.q.push_back(Bounded(output, floor_[i] + (is_up(i) ? 1.0F : 0.0F)));
    }
    for (size_t r = 0; r < rows_; ++r) {
      const float* h = own_.data() + r * rows_;
      const float product = std::inner_product(h, h + rows_, choice.q.begin(), 0.0F);
      const float wanted = wanted_[r * outputs_ + output];
      choice.gradient.push_back(product - wanted);
      choice.loss += choice.q[r] * (product - 2 * wanted);
    }
    return choice;
  }

  /// Moves each weight of an output to its other integer where that lowers the loss. Returns
  /// whether any moved.
  bool Flip(size_t output, Choice& choice) const {
    bool any = false;
    for (size_t r = 0; r < rows_; ++r) {
      const float below = floor_[r * outputs_ + output];
      const float other = Bounded(output, choice.q[r] > below ? below : below + 1);
      const float step = other - choice.q[r];
      const float* h = own_.data() + r * rows_;
      if (step == 0 || step * (step * h[r] + 2 * choice.gradient[r]) >= -kLeastGain) continue;
      choice.q[r] = other;
      for (size_t k = 0; k < rows_; ++k) choice.gradient[k] += step * h[k];
      any = true;
    }
    return any;
  }

  float Bounded(size_t output, float q) const {
    return std::clamp(q, least_[output], most_[output]);
  }

  template <typename Work>
  void ForEachPart(const Work& work) {
    const auto tasks = static_cast<int>((v_.size() + kTask - 1) / kTask);
    const auto run = [&](int task, int) {
      const size_t begin = static_cast<size_t>(task) * kTask;
      work(begin, std::min(v_.size(), begin + kTask));
    };
    if (threads_ != nullptr && tasks > 1) {
      threads_->Run(tasks, run);
    } else {
      for (int task = 0; task < tasks; ++task) run(task, 0);
    }
  }

  const size_t rows_, outputs_;
  ThreadPool* threads_;
  std::vector<float> own_, wanted_;    // H [R, R], G w [R, O]
  std::vector<float> least_, most_;    // [O], of q
  std::vector<float> floor_, v_, q_;   // [R, O]
  std::vector<float> fraction_;        // of each weight, [R, O]
  std::vector<float> product_;         // H q, [R, O]
  std::vector<float> first_, second_;  // Adam's means of gradients and their squares
};

RoundedWeights RoundByAdaRound(const LayerToRound& layer) {
  const auto round = [&](const GramMatrices&, const GramBlock&, BlockProblem& problem) {
    return Search(problem, layer.threads).Run(layer.options.iterations);
  };
  return RoundBlocks(layer, kRidge, round).value_or(RoundToNearest(layer));
}

}  // namespace

extern const RoundingMethod kAdaRound;
constinit const RoundingMethod kAdaRound = {
    "adaround", "all of a layer together, by gradients", {.gram = true}, RoundByAdaRound};

}  // namespace qconvert
