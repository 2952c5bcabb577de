#include <algorithm>

#include "lib/search/search_strategy.h"
#include "lib/search/single_changes.h"

namespace qconvert {
namespace {

constexpr size_t kPlaces = 8;

/// Returns the assignment after the first `count` changes.
Assignment After(const std::vector<SingleChange>& changes, size_t count, Assignment start) {
  for (size_t k = 0; k < count; ++k) start[changes[k].group] = changes[k].choice;
  return start;
}

/// Looks for the most changes that meet the targets: first at places that are spread evenly, since
/// figures of few samples go up and down, then between the last that meets and the next.
void TakeChanges(SearchProblem& problem, const std::vector<SingleChange>& changes,
                 const Assignment& start) {
  const auto meets = [&](size_t count) {
    const auto point = problem.Measure(After(changes, count, start));
    return point && point->meets;
  };
  size_t most = 0, next = changes.size() / kPlaces;
  for (size_t k = 1; k <= kPlaces && problem.left() > 0; ++k) {
    const size_t count = k * changes.size() / kPlaces;
    if (meets(count)) {
      most = count;
      next = (k + 1) * changes.size() / kPlaces;
    }
  }
  while (next > most + 1 && most < changes.size() && problem.left() > 0) {
    const size_t middle = (most + next) / 2;
    (meets(middle) ? most : next) = middle;
  }
}

void Search(SearchProblem& problem, uint64_t) {
  const auto sensitivity = MeasureSensitivity(problem);
  if (!sensitivity) return;
  const Assignment start(problem.groups(), static_cast<uint16_t>(sensitivity->most_precise));
  TakeChanges(problem, SingleChanges(problem, *sensitivity), start);
  RefineByChanges(problem, *sensitivity);
}

}  // namespace

const SearchStrategy kGreedyStrategy{
    "greedy", "isolated errors, then the changes that save the most for the least error", Search};

}  // namespace qconvert
