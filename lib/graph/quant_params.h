// How a tensor's integers stand for real numbers: r = scale (q - zero_point), the paper's
// equation 3.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/graph/element_type.h"

namespace qconvert {

/// Scales and zero points of one tensor: one pair (per layer), or one for each index along `axis`.
struct QuantParams {
  std::vector<float> scales;         ///< real units per step, each a normal float > 0
  std::vector<int32_t> zero_points;  ///< same length as scales
  int axis = -1;                     ///< the channel axis; -1 when per layer

  bool per_channel() const { return axis >= 0; }
  float scale() const { return scales.front(); }
  int32_t zero_point() const { return zero_points.front(); }

  friend bool operator==(const QuantParams&, const QuantParams&) = default;
};

/// Makes the parameters of a tensor that has one scale.
inline QuantParams PerLayer(float scale, int32_t zero_point) { return {{scale}, {zero_point}, -1}; }

/// What a tensor of reals is as integers, per layer.
struct IntegerForm {
  ElementType type = ElementType::kInt8;
  QuantParams params;

  friend bool operator==(const IntegerForm&, const IntegerForm&) = default;
};

}  // namespace qconvert
