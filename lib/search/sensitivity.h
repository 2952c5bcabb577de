// How much noise each group adds to the outputs with each choice, measured in isolation. The greedy
// strategy and the integer programme stand on it.
#pragma once

#include <optional>
#include <vector>

#include "lib/search/search_problem.h"

namespace qconvert {

/// Noise-to-signal ratios at the worst output. Noises of groups are taken to add up.
struct Sensitivity {
  std::vector<std::vector<double>> noise;  ///< [group][choice]
  size_t most_precise = 0;                 ///< the choice that has the least noise for all groups
  double floor = 0;                        ///< noise with the most precise choice everywhere

  /// Returns the noise that an assignment is expected to have.
  double Of(const Assignment& assignment) const;
};

/// Measures all groups alike, once for each choice; then each group alone with the cheapest choice,
/// all others with the most precise one. Neighbours are measured together where a third of the
/// budget does not reach for each alone; they share the noise in proportion to what they add to
/// their own results. Other choices follow from that proportion, too.
///   result  nothing when no file of the most precise choice can be made
std::optional<Sensitivity> MeasureSensitivity(SearchProblem& problem);

}  // namespace qconvert
