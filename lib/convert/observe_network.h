// What a conversion learns from the float network: the first stage of its work. The plan and the
// check read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/calibration/choose_ranges.h"
#include "lib/calibration/range_method.h"
#include "lib/convert/calibration_samples.h"
#include "lib/convert/input_values.h"
#include "lib/evaluation/trace.h"
#include "lib/network/float_network.h"
#include "lib/qconvert.h"

namespace qconvert {

/// The ranges that a file is made with.
struct Calibration {
  ActivationRanges ranges;
  std::string text;  ///< how they were found; empty: nothing was calibrated
  RangesSummary summary;
  size_t left_out = 0;                ///< samples whose extremes were left out as broken
  std::vector<std::string> warnings;  ///< one sentence each
};

/// What the float network shows on samples.
struct NetworkObservation {
  Evidence evidence;
  size_t samples = 0;  ///< of the user's, in `evidence`
  Calibration calibration;
  std::string quantization;  ///< that the model brings along, in words; empty: none
  std::string precision;  ///< of the arithmetic, "float32" or "bf16"; empty: nothing was calibrated
  std::optional<InputValues> inputs;  ///< of the user's samples
  std::optional<Trace> trace;         ///< for the check; nothing when nothing is to be checked
  std::vector<std::string> warnings;  ///< one sentence each
};

/// Runs the network on the samples, or on synthetic inputs corrected by what batch norms promise.
/// A network that is quantized already needs neither: tensors have the ranges of its parameters.
/// Without samples, those that it gives none have none.
/// Its file is compared with the model itself, which rounds as its own quantization says.
///   options  as Validated returns them
///   Throws Error(kUnusable) when a tensor becomes NaN or infinite.
NetworkObservation ObserveNetwork(FloatNetwork& network, const CalibrationSamples& samples,
                                  const ConvertOptions& options, ThreadPool& threads);

/// Returns the network as range methods read it: with its weights where one of the options' methods
/// looks at results of layers.
const Graph& NetworkForRanges(const ConvertOptions& options, FloatNetwork& network);

/// Returns the ranges that a method chooses from what samples showed.
///   network   without its weights, perhaps
///   observed  on `samples`, of a calibration that shows what the method reads
Calibration CalibrateBy(const RangeMethod& method, const Graph& network,
                        const NetworkObservation& observed, const CalibrationSamples& samples,
                        const ConvertOptions& options);

}  // namespace qconvert
