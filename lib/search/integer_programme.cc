#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/search/search_strategy.h"
#include "lib/search/single_changes.h"

namespace qconvert {
namespace {

constexpr size_t kSteps = 2000;  // in which noise is counted
constexpr size_t kBisections = 12;
constexpr double kLeastRatio = 1e-6;  // of the noise of the cheapest assignment

/// Solves the knapsack with several choices exactly, up to the rounding of noise to steps.
class Programme {
 public:
  Programme(const SearchProblem& problem, const Sensitivity& sensitivity)
      : problem_(problem), sensitivity_(sensitivity) {}

  /// Returns the cheapest assignment whose expected noise above the floor is at most `most`.
  Assignment Solve(double most) const {
    const double step = most / static_cast<double>(kSteps);
    std::vector<double> cost(kSteps + 1, 0);
    std::vector<std::vector<uint16_t>> chosen;
    for (size_t g = 0; g < problem_.groups(); ++g) chosen.push_back(Add(g, step, cost));
    Assignment assignment(problem_.groups());
    size_t room = kSteps;
    for (size_t g = problem_.groups(); g-- > 0;) {
      assignment[g] = chosen[g][room];
      room -= StepsOf(g, assignment[g], step);
    }
    return assignment;
  }

 private:
  size_t StepsOf(size_t group, size_t choice, double step) const {
    const double steps = std::ceil(sensitivity_.noise[group][choice] / step);
    return steps > static_cast<double>(kSteps) ? kSteps + 1 : static_cast<size_t>(steps);
  }

  /// Adds a group to the least cost by room for noise, and returns its choice for each room.
  std::vector<uint16_t> Add(size_t group, double step, std::vector<double>& cost) const {
    std::vector<double> next(kSteps + 1, std::numeric_limits<double>::infinity());
    std::vector<uint16_t> chosen(kSteps + 1, static_cast<uint16_t>(sensitivity_.most_precise));
    for (size_t c = 0; c < problem_.choices(); ++c) {
      const double own = problem_.cost(group, c);
      for (size_t room = StepsOf(group, c, step); room <= kSteps; ++room) {
        const double with = cost[room - StepsOf(group, c, step)] + own;
        if (with >= next[room]) continue;
        next[room] = with;
        chosen[room] = static_cast<uint16_t>(c);
      }
    }
    cost = std::move(next);
    return chosen;
  }

  const SearchProblem& problem_;
  const Sensitivity& sensitivity_;
};

/// Returns the noise of the noisiest assignment that can be made.
double MostNoise(const Sensitivity& sensitivity) {
  double sum = 0;
  for (const std::vector<double>& group : sensitivity.noise) {
    double most = 0;
    for (const double noise : group) most = std::isinf(noise) ? most : std::max(most, noise);
    sum += most;
  }
  return sum;
}

void Search(SearchProblem& problem, uint64_t) {
  const auto sensitivity = MeasureSensitivity(problem);
  if (!sensitivity) return;
  const Programme programme(problem, *sensitivity);
  double high = std::log(std::max(MostNoise(*sensitivity), std::numeric_limits<double>::min()));
  double low = high + std::log(kLeastRatio);
  for (size_t k = 0; k < kBisections && problem.left() > 0; ++k) {
    const double middle = (low + high) / 2;
    const auto point = problem.Measure(programme.Solve(std::exp(middle)));
    (point && point->meets ? low : high) = middle;
  }
  RefineByChanges(problem, *sensitivity);
}

}  // namespace

const SearchStrategy kProgrammeStrategy{
    "programme", "the cheapest assignment by isolated errors, as an integer programme", Search};

}  // namespace qconvert
