// Clamps in their many spellings: Relu, Relu6, Clip, Maximum and Minimum with a number.
#pragma once

#include <limits>
#include <optional>

#include "lib/graph/graph.h"

namespace qconvert {

/// min(max(x, min), max)
struct Clamp {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  friend bool operator==(const Clamp&, const Clamp&) = default;
};

/// A clamp of a tensor.
struct ClampOfTensor {
  TensorId x = kNoTensor;
  Clamp clamp;
};

/// Returns what a node clamps, and between which numbers; nothing when it does something else.
std::optional<ClampOfTensor> AsClamp(const Graph& graph, const Node& node);

/// Returns the operator that clamps: one of the Relu family where there is one, else Clip.
Operator ClampOperator(const Clamp& clamp);

/// Returns the activation that a producer may apply itself; nothing when there is none.
std::optional<Activation> ClampActivation(const Clamp& clamp);

}  // namespace qconvert
