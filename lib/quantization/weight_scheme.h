// How the weights of one node become integers: decided by weight_rules.h, followed by
// quantize_weights.h.
#pragma once

#include <compare>

namespace qconvert {

/// How the weights of one node are quantized.
struct WeightScheme {
  int bits = 8;             ///< 8 or 4 in files; 2 to 8
  int axis = 0;             ///< the output-channel axis
  bool per_channel = true;  ///< one scale per index of `axis`
  bool asymmetric = false;  ///< with a zero point

  friend auto operator<=>(const WeightScheme&, const WeightScheme&) = default;
};

}  // namespace qconvert
