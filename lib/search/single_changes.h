// The changes of one group that lead from the most precise assignment to the cheapest one, each
// with what it saves and the noise that it adds. The greedy strategy takes them in this order; all
// strategies that stand on sensitivities end by trying them one by one.
#pragma once

#include <vector>

#include "lib/search/sensitivity.h"

namespace qconvert {

/// A group gets another choice.
struct SingleChange {
  size_t group = 0;
  uint16_t choice = 0;
  double saved = 0;  ///< of the cost
  double noise = 0;  ///< that it adds

  double noise_per_cost() const { return noise / saved; }
};

/// Returns the changes, those that add the least noise for what they save first. Of each group,
/// choices that another one beats in both are left out, and so are those that lie above the convex
/// hull of the others; its changes stand in the order in which they build upon each other.
std::vector<SingleChange> SingleChanges(const SearchProblem& problem,
                                        const Sensitivity& sensitivity);

/// Tries to make the best assignment cheaper by one change after another, for as long as the budget
/// lasts, and keeps those with which all targets are still met.
void RefineByChanges(SearchProblem& problem, const Sensitivity& sensitivity);

}  // namespace qconvert
