#include "lib/search/single_changes.h"

#include <algorithm>
#include <cmath>

namespace qconvert {
namespace {

/// Returns the changes of one group along the lower hull of noise over saving.
std::vector<SingleChange> HullOf(const SearchProblem& problem, const Sensitivity& sensitivity,
                                 size_t group) {
  std::vector<SingleChange> changes;
  double cost = problem.cost(group, sensitivity.most_precise), noise = 0;
  for (;;) {
    SingleChange best;
    for (size_t c = 0; c < problem.choices(); ++c) {
      const SingleChange change{group, static_cast<uint16_t>(c), cost - problem.cost(group, c),
                                std::max(0.0, sensitivity.noise[group][c] - noise)};
      if (change.saved <= 0 || std::isinf(change.noise)) continue;
      if (best.saved <= 0 || change.noise_per_cost() < best.noise_per_cost()) best = change;
    }
    if (best.saved <= 0) return changes;
    cost -= best.saved;
    noise += best.noise;
    changes.push_back(best);
  }
}

}  // namespace

std::vector<SingleChange> SingleChanges(const SearchProblem& problem,
                                        const Sensitivity& sensitivity) {
  std::vector<SingleChange> changes;
  for (size_t g = 0; g < problem.groups(); ++g) {
    const std::vector<SingleChange> hull = HullOf(problem, sensitivity, g);
    changes.insert(changes.end(), hull.begin(), hull.end());
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const SingleChange& a, const SingleChange& b) {
                     return a.noise_per_cost() < b.noise_per_cost();
                   });
  return changes;
}

void RefineByChanges(SearchProblem& problem, const Sensitivity& sensitivity) {
  if (problem.best() == nullptr) return;
  Assignment start = problem.best()->assignment;
  for (const SingleChange& change : SingleChanges(problem, sensitivity)) {
    if (problem.left() == 0) return;
    const double now = problem.cost(change.group, start[change.group]);
    if (problem.cost(change.group, change.choice) >= now) continue;
    Assignment trial = start;
    trial[change.group] = change.choice;
    const auto point = problem.Measure(trial);
    if (point && point->meets) start = std::move(trial);
  }
}

}  // namespace qconvert
