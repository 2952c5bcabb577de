// What a network is trained on, and what it is judged by meanwhile: the samples of Tune's options,
// with labels and with what the float network computes on them. tune.cc opens them first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/evaluation/trace.h"
#include "lib/qconvert.h"
#include "lib/samples/sample_set.h"
#include "lib/tuning/trainer.h"

namespace qconvert {

/// Some samples of a set.
struct ChosenSamples {
  std::shared_ptr<const SampleSet> set;
  std::vector<size_t> places;  ///< within the set, ascending
  std::vector<int> labels;     ///< one each; empty: none

  /// Returns what reads sample i of the chosen ones.
  SampleReader reader() const {
    return [set = set, places = places](size_t i) { return set->Read(places.at(i)); };
  }
};

struct TuningSamples {
  ChosenSamples training, validation;
  std::string validation_text;  ///< where the second come from, for people
};

/// Opens the samples. Where the options name none for validation, every tenth of the others is held
/// out, at most 5000.
///   network  float; its structure is enough
///   Throws Error as OpenSamples and FindLabels do.
TuningSamples OpenTuningSamples(const TuneOptions& options, const Graph& network);

/// Runs a float network on the samples that are trained on, and keeps what it computes of the
/// losses' teacher tensors.
void FollowTeacher(FloatNetwork& network, ThreadPool& threads, bool quiet, TrainingSet& set);

}  // namespace qconvert
