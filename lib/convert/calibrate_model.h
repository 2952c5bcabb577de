// How a conversion learns what the float network's tensors hold: from the user's samples, or
// without any.
#pragma once

#include <memory>
#include <string>

#include "lib/base/parallel_for.h"
#include "lib/calibration/calibrate.h"
#include "lib/calibration/choose_ranges.h"
#include "lib/qconvert.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// The user's samples; null without --data.
struct DataSource {
  std::unique_ptr<SampleSet> samples;
  std::string name;  ///< as the user gave it
};

/// What is known of the float network's tensors.
struct Calibration {
  Evidence evidence;
  Ranges ranges;  ///< by tensor id of the graph that was observed
};

/// Returns whether scales of weights are searched, which needs moments of what they multiply.
bool SearchesWeightScales(const ConvertOptions& options);

/// Observes the network on the samples, or on synthetic inputs corrected by what batch norms
/// promise. Writes into the summary how it was done and what the samples look like.
///   graph     is used up: kernels repack its weights, and both at once would take twice the memory
///   observer  is shown every tensor of the user's samples; may be null
///   Throws Error(kUnusable) when a tensor becomes NaN or infinite.
Calibration CalibrateModel(Graph graph, const DataSource& data, const ConvertOptions& options,
                           ThreadPool& threads, ConvertSummary& summary,
                           const SampleObserver& observer);

}  // namespace qconvert
