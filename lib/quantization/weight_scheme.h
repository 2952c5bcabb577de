// Chooses how the weights of one node are quantized, within what TFLite's kernels accept.
#pragma once

#include "lib/graph/node.h"
#include "lib/quantization/quantize_options.h"
#include "lib/quantization/weights.h"

namespace qconvert {

/// Returns the scheme for operand `i` (the weights) of `node`. Notes in `report` where 4 bits
/// become 8 and where the file needs our runner.
///   Throws Error(kUsage) for asymmetric weights in integer arithmetic outside FULLY_CONNECTED
///   without options.allow_extensions (DESIGN section 2).
WeightScheme ChooseScheme(const Node& node, size_t i, const Tensor& weights,
                          const QuantizeOptions& options, QuantizationReport& report);

}  // namespace qconvert
