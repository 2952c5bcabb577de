// Where a training stands: all that the next step depends on but for the samples. trainer.h
// advances it; a file of it lets a killed run go on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// What a network is worth on samples that it was not trained on.
struct ValidationScore {
  uint64_t samples = 0;
  bool labelled = false;
  uint64_t right = 0;  ///< samples with the true class as top-1; without labels, with the teacher's
  double sqnr_db = 0;  ///< of the worst output, against the float network

  /// Returns whether it is better than another: by the samples that are right, then by SQNR where
  /// there are no labels.
  bool IsBetterThan(const ValidationScore& other) const;
};

/// What a validation found.
struct ValidationPoint {
  uint64_t step = 0;  ///< steps done before it
  double loss = 0;    ///< mean of the steps since the last one
  ValidationScore score;
};

/// The numbers of a training. All arrays have one value for each parameter, but for `moments`.
struct TrainingState {
  uint64_t step = 0;  ///< that comes next
  double losses = 0;  ///< sum of those since the last validation
  std::vector<ValidationPoint> curve;
  std::vector<float> parameters;
  std::vector<float> moments;  ///< of the optimizer, segment by segment
  std::vector<float> average;  ///< of the parameters; empty: none is kept
  std::vector<float> best;     ///< parameters of the best file so far; empty: none was validated
  ValidationScore best_score;

  /// Returns the step before which the last validation was.
  uint64_t validated() const { return curve.empty() ? 0 : curve.back().step; }

  /// Returns the parameters that a file is made of: the average where there is one.
  const std::vector<float>& current() const { return average.empty() ? parameters : average; }
};

/// Returns a state as bytes that ReadState reads.
///   run  what the training depends on, "name: value" each
std::vector<std::byte> StateBytes(const TrainingState& state, std::span<const std::string> run);

/// Reads a state.
///   expected  as `run` above
///   fresh     the state of the same run at its beginning: lengths must agree
///   Throws Error(kUnusable) when the bytes are no whole state, of another version of qtune, or of
///   a run that depends on something else, naming the first difference.
TrainingState ReadState(std::span<const std::byte> bytes, std::span<const std::string> expected,
                        const TrainingState& fresh);

}  // namespace qconvert
