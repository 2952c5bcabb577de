// Float graph + calibration -> quantized graph. Comes after calibration/, before the export passes
// and tflite/.
#pragma once

#include "lib/calibration/choose_ranges.h"
#include "lib/graph/graph.h"
#include "lib/quantization/quantize_options.h"

namespace qconvert {

/// Makes the graph integer: int8 activations (affine per layer), integer weights, int32 bias.
/// Operators without an integer kernel stay float between Dequantize and Quantize.
///   ranges    by tensor id of `graph`, each including zero
///   evidence  moments steer the scales of weights, and may be missing
///   Throws Error(kUnsupported) under options.strict when a node stays float, listing all of them;
///   Error(kUsage) when asymmetric weights are asked where TFLite refuses them, without extensions.
Graph QuantizeToIntegers(const Graph& graph, const Ranges& ranges, const Evidence& evidence,
                         const QuantizeOptions& options, QuantizationReport& report);

/// Replaces the weights by integers (or float16) behind a Dequantize; arithmetic stays float.
///   evidence  moments steer the scales of weights, and may be missing
Graph QuantizeWeightsOnly(const Graph& graph, const Evidence& evidence,
                          const QuantizeOptions& options, QuantizationReport& report);

}  // namespace qconvert
