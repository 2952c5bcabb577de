#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lib/search/draws.h"
#include "lib/search/search_strategy.h"

namespace qconvert {
namespace {

constexpr size_t kFeatures = 7;
constexpr double kActorRate = 0.3, kCriticRate = 0.1;
constexpr double kEntropyRate = 0.01;  // of the pull towards choices of equal probability

using State = std::array<double, kFeatures>;

double Dot(const State& a, const State& b) {
  double sum = 0;
  for (size_t k = 0; k < kFeatures; ++k) sum += a[k] * b[k];
  return sum;
}

/// One group on an agent's walk over the network.
struct Step {
  State state;
  std::vector<double> probabilities;
  uint16_t choice = 0;
};

/// A policy that is a softmax of linear scores, and a critic that is linear.
class ActorCritic {
 public:
  ActorCritic(SearchProblem& problem, uint64_t seed)
      : problem_(problem), draws_(seed), actor_(problem.choices()) {
    for (size_t g = 0; g < problem.groups(); ++g) {
      const std::vector<double> costs = CostsOf(g);
      dearest_ += *std::ranges::max_element(costs);
    }
  }

  /// Walks over the network once. The file that follows is the reward of every step.
  void Episode() {
    const std::vector<Step> walk = Walk();
    Assignment assignment;
    for (const Step& step : walk) assignment.push_back(step.choice);
    const auto point = problem_.Measure(assignment);
    const double reward = point ? RewardOf(*point) : -2;
    for (const Step& step : walk) Learn(step, reward);
  }

 private:
  std::vector<double> CostsOf(size_t group) const {
    std::vector<double> costs;
    for (size_t c = 0; c < problem_.choices(); ++c) costs.push_back(problem_.cost(group, c));
    return costs;
  }

  /// Returns what is known of a group when its choice is made.
  State StateOf(size_t group, double spent, double previous) const {
    const GroupTraits& traits = problem_.traits(group);
    return {1,
            std::log10(1 + traits.weights) / 6,
            std::log10(1 + traits.results) / 6,
            traits.depthwise,
            traits.place,
            spent / dearest_,
            previous};
  }

  std::vector<double> Probabilities(const State& state) const {
    std::vector<double> values;
    for (const State& weights : actor_) values.push_back(Dot(weights, state));
    const double most = *std::ranges::max_element(values);
    double sum = 0;
    for (double& value : values) sum += value = std::exp(value - most);
    for (double& value : values) value /= sum;
    return values;
  }

  std::vector<Step> Walk() {
    std::vector<Step> walk;
    double spent = 0, previous = 0;
    for (size_t g = 0; g < problem_.groups(); ++g) {
      Step step{StateOf(g, spent, previous), {}, 0};
      step.probabilities = Probabilities(step.state);
      step.choice = static_cast<uint16_t>(draws_.Place(step.probabilities));
      spent += problem_.cost(g, step.choice);
      previous = static_cast<double>(step.choice) / static_cast<double>(problem_.choices());
      walk.push_back(std::move(step));
    }
    return walk;
  }

  /// Returns the part of the dearest cost that is saved, or how far a target is missed.
  double RewardOf(const SearchPoint& point) const {
    if (!point.meets) return -std::min(1.0, point.miss);
    double cost = 0;
    for (size_t g = 0; g < problem_.groups(); ++g) cost += problem_.cost(g, point.assignment[g]);
    return 1 - cost / dearest_;
  }

  void Learn(const Step& step, double reward) {
    const double advantage = reward - Dot(critic_, step.state);
    const double equal = 1 / static_cast<double>(actor_.size());
    for (size_t k = 0; k < kFeatures; ++k) {
      critic_[k] +=
          kCriticRate * advantage * step.state[k] / static_cast<double>(problem_.groups());
    }
    for (size_t c = 0; c < actor_.size(); ++c) {
      const double gradient = (c == step.choice ? 1 : 0) - step.probabilities[c];
      const double pull = kEntropyRate * (equal - step.probabilities[c]);
      for (size_t k = 0; k < kFeatures; ++k) {
        actor_[c][k] += kActorRate * (advantage * gradient + pull) * step.state[k];
      }
    }
  }

  SearchProblem& problem_;
  Draws draws_;
  double dearest_ = 0;  // the sum of each group's highest cost
  std::vector<State> actor_;
  State critic_{};
};

void Search(SearchProblem& problem, uint64_t seed) {
  for (size_t c = 0; c < problem.choices(); ++c) {
    problem.Measure(Assignment(problem.groups(), static_cast<uint16_t>(c)));
  }
  ActorCritic agent(problem, seed);
  // A walk may end in a file that is known, which costs nothing: so their number is bounded, too.
  for (size_t k = problem.left() * 4; k > 0 && problem.left() > 0; --k) agent.Episode();
}

}  // namespace

const SearchStrategy kReinforcementStrategy{
    "reinforcement", "an actor-critic that walks over the layers and learns from each file",
    Search};

}  // namespace qconvert
