// What a conversion learns from the float network: the first stage of its work. The plan and the
// check read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/calibration/choose_ranges.h"
#include "lib/convert/calibration_samples.h"
#include "lib/convert/input_values.h"
#include "lib/evaluation/trace.h"
#include "lib/network/float_network.h"
#include "lib/qconvert.h"

namespace qconvert {

/// What the float network shows on samples.
struct NetworkObservation {
  Evidence evidence;
  Ranges ranges;            ///< by tensor id
  std::string calibration;  ///< how the ranges were found, in words; empty: nothing was calibrated
  std::string precision;    ///< of the arithmetic, "float32" or "bf16"; empty as above
  std::optional<InputValues> inputs;  ///< of the user's samples
  std::optional<Trace> trace;         ///< for the check; nothing when nothing is to be checked
  std::vector<std::string> warnings;  ///< one sentence each
};

/// Runs the network on the samples, or on synthetic inputs corrected by what batch norms promise.
///   options  as Validated returns them
///   Throws Error(kUnusable) when a tensor becomes NaN or infinite.
NetworkObservation ObserveNetwork(FloatNetwork& network, const CalibrationSamples& samples,
                                  const ConvertOptions& options, ThreadPool& threads);

}  // namespace qconvert
