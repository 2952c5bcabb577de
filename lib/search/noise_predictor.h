// A model of the noise at the outputs that learns from every file that was measured. The evolution
// asks it instead of making files.
#pragma once

#include <optional>
#include <vector>

#include "lib/search/search_problem.h"

namespace qconvert {

/// Predicts noise as a sum over groups, each with a number for each of its choices.
class NoisePredictor {
 public:
  /// Begins with what files showed in which all groups have the same choice.
  ///   alike  by choice; nothing where there is no such file
  NoisePredictor(const SearchProblem& problem,
                 const std::vector<std::optional<SearchPoint>>& alike);

  /// Returns the noise-to-signal ratio to expect; infinite for a choice that no file can be made
  /// of.
  double Predict(const Assignment& assignment) const;

  /// Learns a point: the numbers of all points seen so far are scaled towards what was measured, by
  /// a multiplicative update, which keeps them positive.
  void Learn(const SearchPoint& point);

  /// Returns the noise up to which targets are expected to be met: between the largest one of the
  /// files that meet them and the least one of those that do not.
  double limit() const;

 private:
  void Scale(const SearchPoint& point, double rate);

  std::vector<std::vector<double>> noise_;  // [group][choice]
  std::vector<SearchPoint> seen_;
};

}  // namespace qconvert
