#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "lib/search/draws.h"
#include "lib/search/noise_predictor.h"
#include "lib/search/search_strategy.h"

namespace qconvert {
namespace {

constexpr size_t kPopulation = 32;
constexpr int kGenerations = 40;  // on the predictor, before each file
constexpr double kMutated = 2;    // groups of a child, on average
constexpr double kPenalty = 2;    // of the cost, for each factor of e above the limit
constexpr double kFromOneParent = 0.5;

class Evolution {
 public:
  Evolution(SearchProblem& problem, uint64_t seed,
            const std::vector<std::optional<SearchPoint>>& alike)
      : problem_(problem), draws_(seed), predictor_(problem, alike) {
    for (const auto& point : alike) {
      if (!point) continue;
      measured_.insert(point->assignment);
      population_.push_back(point->assignment);
    }
  }

  void Run() {
    // A file that is known costs nothing, and small networks have few: rounds are bounded, too.
    for (size_t rounds = 4 * problem_.left(); rounds > 0 && problem_.left() > 0; --rounds) {
      for (int k = 0; k < kGenerations; ++k) Breed();
      const Assignment candidate = BestNew();
      measured_.insert(candidate);
      const auto point = problem_.Measure(candidate);
      if (point) predictor_.Learn(*point);
    }
  }

 private:
  /// Returns what is minimized: the cost, and a penalty for noise above the limit.
  double LossOf(const Assignment& assignment) const {
    double cost = 0;
    for (size_t g = 0; g < assignment.size(); ++g) cost += problem_.cost(g, assignment[g]);
    const double above = std::log(predictor_.Predict(assignment) / predictor_.limit());
    return cost * (1 + kPenalty * std::max(0.0, above));
  }

  Assignment Mutated(Assignment child) {
    const double rate = kMutated / static_cast<double>(child.size());
    for (uint16_t& choice : child) {
      if (draws_.Next() < rate) choice = static_cast<uint16_t>(draws_.Below(problem_.choices()));
    }
    return child;
  }

  Assignment Child() {
    Assignment child = population_[draws_.Below(population_.size())];
    const Assignment other = population_[draws_.Below(population_.size())];
    for (size_t g = 0; g < child.size(); ++g) {
      if (draws_.Next() < kFromOneParent) child[g] = other[g];
    }
    return Mutated(std::move(child));
  }

  /// Replaces the population by the best of it and its children.
  void Breed() {
    std::set<Assignment> all(population_.begin(), population_.end());
    while (all.size() < population_.size() + kPopulation && all.size() < AllAssignments()) {
      all.insert(Child());
    }
    std::vector<std::pair<double, Assignment>> ranked;
    for (const Assignment& each : all) ranked.emplace_back(LossOf(each), each);
    std::ranges::stable_sort(ranked, {}, &std::pair<double, Assignment>::first);
    ranked.resize(std::min(ranked.size(), kPopulation));
    population_.clear();
    for (auto& [loss, each] : ranked) population_.push_back(std::move(each));
  }

  /// Returns how many assignments there are, as far as that matters.
  size_t AllAssignments() const {
    size_t all = 1;
    for (size_t g = 0; g < problem_.groups() && all < 2 * kPopulation; ++g) {
      all *= problem_.choices();
    }
    return all;
  }

  /// Returns the best assignment that was not measured; where all were, a mutation of one.
  Assignment BestNew() {
    for (const Assignment& each : population_) {
      if (measured_.count(each) == 0) return each;
    }
    return Mutated(population_.front());
  }

  SearchProblem& problem_;
  Draws draws_;
  NoisePredictor predictor_;
  std::vector<Assignment> population_;
  std::set<Assignment> measured_;
};

void Search(SearchProblem& problem, uint64_t seed) {
  std::vector<std::optional<SearchPoint>> alike;
  for (size_t c = 0; c < problem.choices(); ++c) {
    alike.push_back(problem.Measure(Assignment(problem.groups(), static_cast<uint16_t>(c))));
  }
  Evolution(problem, seed, alike).Run();
}

}  // namespace

const SearchStrategy kEvolutionStrategy{
    "evolution", "mutations and crossings, chosen by a predictor that learns from each file",
    Search};

}  // namespace qconvert
