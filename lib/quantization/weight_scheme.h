// How the weights of one node become integers. quantize_weights.h follows it.
#pragma once

#include "lib/graph/node.h"
#include "lib/quantization/quantize_options.h"

namespace qconvert {

/// How the weights of one node are quantized.
struct WeightScheme {
  int bits = 8;             ///< 8 or 4
  int axis = 0;             ///< the output-channel axis
  bool per_channel = true;  ///< one scale per index of `axis`
  bool asymmetric = false;  ///< with a zero point

  friend bool operator==(const WeightScheme&, const WeightScheme&) = default;
};

/// Chooses the scheme for operand `i` (the weights) of `node`, within what TFLite's kernels accept.
/// Notes in `report` where 4 bits become 8 and where the file needs our runner.
///   Throws Error(kUsage) for asymmetric weights in integer arithmetic outside FULLY_CONNECTED
///   without options.allow_extensions.
WeightScheme ChooseScheme(const Node& node, size_t i, const Tensor& weights,
                          const QuantizeOptions& options, QuantizationReport& report);

}  // namespace qconvert
