// The loop of a training: steps, validations in integers, the state on disk and the log. tune.cc
// prepares it and writes what it finds.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/convert/epoch_samples.h"
#include "lib/convert/tuning_judge.h"
#include "lib/qconvert.h"
#include "lib/tuning/trained_graph.h"
#include "lib/tuning/trainer.h"

namespace qconvert {

/// What a training works with; all must outlive it.
struct TrainingParts {
  const TuneOptions& options;  ///< as Validated returns them
  const TrainedGraph& graph;
  EpochSamples& samples;
  const TuningJudge& judge;
  const JudgedFile& plain;  ///< the file without training
  const std::vector<std::string>& run_text;
};

/// One training, which may be interrupted and resumed.
class TrainingRun {
 public:
  /// Begins a training, or goes on from the state on disk.
  ///   every  steps from one validation to the next
  ///   Throws Error as ReadState does, and kUsage where --resume finds no state.
  TrainingRun(const TrainingParts& parts, Trainer& trainer, const Schedule& schedule,
              uint64_t every);

  /// Trains to the end. Whatever it throws, the last good state is on disk first.
  void Train();

  /// Returns the best file so far: the one without training where none is better.
  const JudgedFile& best() const { return is_tuned() ? best_ : parts_.plain; }
  bool is_tuned() const {
    return best_.bytes != nullptr && best_.score.IsBetterThan(parts_.plain.score);
  }
  const TrainingState& state() const { return state_; }
  /// Returns what was reported, and before an interruption.
  std::vector<TuneProgress> curve() const;

 private:
  bool IsDue() const;
  void TrainSteps();
  void Validate();
  void Save() const;
  TuneProgress ProgressOf(const ValidationPoint& point, const ValidationScore& best) const;
  void Report() const;

  const TrainingParts parts_;
  Trainer& trainer_;
  const Schedule schedule_;
  const uint64_t every_;
  TrainingState state_;
  JudgedFile best_;
  uint64_t first_step_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace qconvert
