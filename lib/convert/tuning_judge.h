// What a quantized graph is worth: the file of it is made and runs in integers on the samples of
// the validation. tune.cc asks for the file without training, and again and again while it trains.
#pragma once

#include "lib/base/shared_bytes.h"
#include "lib/convert/tuning_samples.h"
#include "lib/tuning/training_state.h"

namespace qconvert {

/// A file and how it did.
struct JudgedFile {
  SharedBytes bytes;
  Comparison comparison;
  ValidationScore score;
};

/// Judges files by the same samples, on which the float network runs once.
class TuningJudge {
 public:
  /// What is referred to must outlive the judge.
  TuningJudge(FloatNetwork& network, const ChosenSamples& samples, bool allow_extensions,
              ThreadPool& threads, bool quiet);

  /// Makes the file of a graph and runs it.
  ///   Throws Error as EncodeFile and CompareWithTrace do.
  JudgedFile Judge(Graph quantized) const;

 private:
  const ChosenSamples& samples_;
  const bool allow_extensions_;
  ThreadPool& threads_;
  const bool quiet_;
  Trace trace_;
};

/// Returns the score of a comparison.
ValidationScore ScoreOf(const Comparison& comparison);

}  // namespace qconvert
