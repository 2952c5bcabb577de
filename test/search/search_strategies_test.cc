#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "lib/search/draws.h"
#include "lib/search/search_strategy.h"
#include "lib/search/sensitivity.h"
#include "lib/search/single_changes.h"

namespace qconvert {
namespace {

constexpr size_t kChoices = 3;

/// A network of numbers: costs and noises of groups add up, as strategies take them to.
class TableProblem : public SearchProblem {
 public:
  TableProblem(size_t groups, size_t budget, double limit, uint64_t seed)
      : budget_(budget), limit_(limit), traits_(groups) {
    Draws draws(seed);
    for (size_t g = 0; g < groups; ++g) {
      const double weights = 100 + 900 * draws.Next(), gain = std::pow(10, -4 * draws.Next());
      traits_[g] = {weights, 100, 0, static_cast<double>(g) / static_cast<double>(groups)};
      costs_.push_back({weights / 2, weights, 4 * weights});
      noises_.push_back({gain * 1e-2, gain * 1e-4, gain * 1e-8});
    }
  }

  size_t groups() const override { return costs_.size(); }
  size_t choices() const override { return kChoices; }
  const GroupTraits& traits(size_t group) const override { return traits_[group]; }
  double cost(size_t group, size_t choice) const override { return costs_[group][choice]; }
  size_t left() const override { return budget_ - measured_.size(); }

  std::optional<SearchPoint> Measure(const Assignment& assignment) override {
    REQUIRE(assignment.size() == groups());
    if (measured_.count(assignment) == 0) {
      if (left() == 0) return std::nullopt;
      measured_.insert(assignment);
      const SearchPoint point = PointOf(assignment);
      if (point.meets && point.cost < best_cost()) best_ = point;
    }
    return PointOf(assignment);
  }

  const SearchPoint* best() const override { return best_ ? &*best_ : nullptr; }

  SearchPoint PointOf(const Assignment& assignment) const {
    SearchPoint point{assignment};
    for (size_t g = 0; g < groups(); ++g) {
      point.cost += costs_[g][assignment[g]];
      point.noise += noises_[g][assignment[g]];
      point.added_noise.push_back(noises_[g][assignment[g]]);
    }
    point.meets = point.noise <= limit_;
    point.miss = point.meets ? 0 : point.noise / limit_ - 1;
    return point;
  }

  /// Returns the least cost of all assignments that meet the limit.
  double Optimum() const {
    double best = std::numeric_limits<double>::infinity();
    Assignment assignment(groups(), 0);
    for (;;) {
      const SearchPoint point = PointOf(assignment);
      if (point.meets) best = std::min(best, point.cost);
      size_t g = 0;
      while (g < groups() && ++assignment[g] == kChoices) assignment[g++] = 0;
      if (g == groups()) return best;
    }
  }

  /// Returns the least cost of those that give all groups the same choice and meet the limit.
  double BestAlike() const {
    double best = std::numeric_limits<double>::infinity();
    for (uint16_t c = 0; c < kChoices; ++c) {
      const SearchPoint point = PointOf(Assignment(groups(), c));
      if (point.meets) best = std::min(best, point.cost);
    }
    return best;
  }

  double best_cost() const { return best_ ? best_->cost : std::numeric_limits<double>::infinity(); }
  const std::set<Assignment>& measured() const { return measured_; }

 private:
  const size_t budget_;
  const double limit_;
  std::vector<GroupTraits> traits_;
  std::vector<std::vector<double>> costs_, noises_;
  std::set<Assignment> measured_;
  std::optional<SearchPoint> best_;
};

}  // namespace

TEST_CASE("the strategies have names of their own", "[search]") {
  std::set<std::string_view> names;
  for (const SearchStrategy* strategy : SearchStrategies()) {
    CHECK(FindSearchStrategy(strategy->name) == strategy);
    names.insert(strategy->name);
  }
  CHECK(names.size() == SearchStrategies().size());
  CHECK(FindSearchStrategy("luck") == nullptr);
}

TEST_CASE("each strategy keeps to its budget and finds no worse than one precision for all",
          "[search]") {
  for (const SearchStrategy* strategy : SearchStrategies()) {
    for (const uint64_t seed : {1, 2, 3}) {
      INFO(strategy->name << ", seed " << seed);
      TableProblem problem(/*groups=*/12, /*budget=*/60, /*limit=*/1e-3, seed);
      strategy->search(problem, seed);
      CHECK(problem.measured().size() <= 60);
      CHECK(problem.best_cost() <= problem.BestAlike());
    }
  }
}

TEST_CASE("the strategies that rank by sensitivity find the optimum of a sum, or nearly",
          "[search]") {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    TableProblem greedy(8, 60, 1e-3, seed), programme(8, 60, 1e-3, seed);
    kGreedyStrategy.search(greedy, 0);
    kProgrammeStrategy.search(programme, 0);
    const double optimum = greedy.Optimum();
    // A knapsack's greedy solution misses at most the group that no longer fits: here one of eight.
    CHECK(greedy.best_cost() <= optimum + 1000);
    CHECK(programme.best_cost() <= 1.02 * optimum);
  }
}

TEST_CASE("evolution gains on one precision for all", "[search]") {
  for (const uint64_t seed : {1, 2, 3}) {
    TableProblem problem(12, 60, 1e-3, seed);
    kEvolutionStrategy.search(problem, seed);
    const bool all_may_be_cheap = problem.PointOf(Assignment(12, 0)).meets;
    CHECK((all_may_be_cheap || problem.best_cost() < problem.BestAlike()));
  }
}

TEST_CASE("a strategy measures the same for the same seed", "[search]") {
  for (const SearchStrategy* strategy : SearchStrategies()) {
    INFO(strategy->name);
    TableProblem first(10, 40, 1e-3, 7), second(10, 40, 1e-3, 7);
    strategy->search(first, 5);
    strategy->search(second, 5);
    CHECK(first.measured() == second.measured());
  }
}

TEST_CASE("a network of one group ends every strategy before its budget", "[search]") {
  for (const SearchStrategy* strategy : SearchStrategies()) {
    INFO(strategy->name);
    TableProblem problem(1, 50, 1, 1);
    strategy->search(problem, 1);
    CHECK(problem.measured().size() <= kChoices);
    CHECK(problem.best_cost() == problem.Optimum());
  }
}

TEST_CASE("isolated noises are those of the groups", "[search]") {
  TableProblem problem(5, 100, 1e-3, 3);
  const auto sensitivity = MeasureSensitivity(problem);
  REQUIRE(sensitivity);
  CHECK(sensitivity->most_precise == 2);
  for (const Assignment& assignment : {Assignment{0, 1, 2, 0, 1}, Assignment{1, 1, 1, 1, 1}}) {
    // Within the floor, which every prediction has once more.
    CHECK(sensitivity->Of(assignment) ==
          Approx(problem.PointOf(assignment).noise).epsilon(1e-6).margin(sensitivity->floor));
  }
}

TEST_CASE("a small budget measures neighbours together", "[search]") {
  TableProblem problem(30, 15, 1e-3, 3);
  const auto sensitivity = MeasureSensitivity(problem);
  REQUIRE(sensitivity);
  CHECK(problem.measured().size() == 3 + 12 / 3);
  CHECK(sensitivity->Of(Assignment(30, 0)) ==
        Approx(problem.PointOf(Assignment(30, 0)).noise).epsilon(1e-6));
}

TEST_CASE("changes of a group build on each other and leave out what is dominated", "[search]") {
  TableProblem problem(6, 100, 1e-3, 3);
  const auto sensitivity = MeasureSensitivity(problem);
  const auto changes = SingleChanges(problem, *sensitivity);
  std::vector<uint16_t> now(6, 2);
  for (const SingleChange& change : changes) {
    CHECK(change.saved > 0);
    CHECK(problem.cost(change.group, change.choice) <
          problem.cost(change.group, now[change.group]));
    now[change.group] = change.choice;
  }
  CHECK(now == std::vector<uint16_t>(6, 0));
}

}  // namespace qconvert
