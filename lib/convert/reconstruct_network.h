// --rounding blocks in a conversion: which samples it takes, and what is said of it. Between
// quantize_network.h, which builds the quantized graph, and tuning/reconstruct.h, which works on
// it.
#pragma once

#include <string>

#include "lib/convert/calibration_samples.h"
#include "lib/convert/observe_network.h"
#include "lib/quantization/build.h"

namespace qconvert {

/// Reconstructs the blocks of a quantized graph.
///   network  float, that `built` was built of
///   options  as Validated returns them
///   Throws Error as BlockSamples and Reconstruct do.
ReconstructionSummary ReconstructNetwork(const Graph& network, const NetworkObservation& observed,
                                         const CalibrationSamples& samples,
                                         const ConvertOptions& options, ThreadPool& threads,
                                         BuiltGraph& built);

}  // namespace qconvert
