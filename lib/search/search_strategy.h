// Ways to look for precisions: one file each, one row in search_strategies.cc. convert/ runs the
// one that the user chose, and takes the cheapest file that meets the targets among all that were
// measured.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/search/search_problem.h"

namespace qconvert {

/// One way to search.
struct SearchStrategy {
  std::string_view name;  ///< as --strategy takes it
  std::string_view help;  ///< half a sentence
  /// Measures assignments until the budget is spent or nothing is left to try. What it measures
  /// depends on the problem and the seed alone.
  void (*search)(SearchProblem& problem, uint64_t seed);
};

/// Returns every strategy, the default first.
std::span<const SearchStrategy* const> SearchStrategies();

/// Returns the strategy of that name; null when there is none.
const SearchStrategy* FindSearchStrategy(std::string_view name);

/// Sensitivity ranking: the error of each group by itself, then the changes that save the most for
/// the least error, as many as the targets allow.
extern const SearchStrategy kGreedyStrategy;
/// The cheapest assignment by the measured sensitivities, as an integer programme (a knapsack with
/// several choices), for the error that the targets allow.
extern const SearchStrategy kProgrammeStrategy;
/// Evolution with a learned predictor of the error (the idea of APQ, Wang et al. 2020,
/// arXiv:2006.08509).
extern const SearchStrategy kEvolutionStrategy;
/// A small actor-critic that walks over the layers (the idea of AMC, He et al. 2018,
/// arXiv:1802.03494).
extern const SearchStrategy kReinforcementStrategy;

}  // namespace qconvert
