#include <algorithm>

#include "lib/search/search_strategy.h"
#include "lib/search/single_changes.h"

namespace qconvert {
namespace {

/// Returns the assignment after the first `count` changes.
Assignment After(const std::vector<SingleChange>& changes, size_t count, Assignment start) {
  for (size_t k = 0; k < count; ++k) start[changes[k].group] = changes[k].choice;
  return start;
}

/// Halves the number of changes that may be too many, and returns the most that meet the targets.
size_t MostChanges(SearchProblem& problem, const std::vector<SingleChange>& changes,
                   const Assignment& start) {
  size_t meets = 0, misses = changes.size() + 1;
  while (misses - meets > 1 && problem.left() > 0) {
    const size_t middle = (meets + misses) / 2;
    const auto point = problem.Measure(After(changes, middle, start));
    (point && point->meets ? meets : misses) = middle;
  }
  return meets;
}

void Search(SearchProblem& problem, uint64_t) {
  const auto sensitivity = MeasureSensitivity(problem);
  if (!sensitivity) return;
  const Assignment start(problem.groups(), static_cast<uint16_t>(sensitivity->most_precise));
  const std::vector<SingleChange> changes = SingleChanges(problem, *sensitivity);
  const size_t most = MostChanges(problem, changes, start);
  RefineByChanges(problem, *sensitivity, After(changes, most, start));
}

}  // namespace

const SearchStrategy kGreedyStrategy{
    "greedy", "isolated errors, then the changes that save the most for the least error", Search};

}  // namespace qconvert
