// What LiteRT's integer kernels demand of the scales of one node. Before it: the parameters that
// the planner means to give, or that a finished file holds. After it: the planner leaves a node in
// float, the verifier refuses a file. A kernel that is given other scales fails to prepare, ends
// its process, or shifts significant bits out of an int32.
#pragma once

#include <vector>

#include "lib/graph/node.h"
#include "lib/graph/quant_params.h"

namespace qconvert {

/// The parameters of one node's tensors; null where a tensor is absent or has none.
struct NodeParams {
  std::vector<const QuantParams*> operands;
  const QuantParams* result = nullptr;  ///< of the first result
};

/// Returns why LiteRT's integer kernel does not take a node with these parameters; null when it
/// does.
using ScaleRule = const char* (*)(const Node& node, const NodeParams& params);

/// Multipliers of a single step, a number below 2^8: a left shift of more than 22 bits would leave
/// an int32 (tensorflow/lite/kernels/internal/common.h, MultiplyByQuantizedMultiplier).
inline constexpr double kStepMultipliers = 1 << 22;
/// The same for the product of two steps, below 2^16.
inline constexpr double kProductMultipliers = 1 << 14;
/// XNNPACK creates no convolution or matrix product whose multiplier is 2^8 or more
/// (src/operators/convolution-nhwc.c), and LiteRT prepares no file with one.
inline constexpr double kSumMultipliers = 1 << 8;

/// Returns a reason unless `multiplier`, by which a kernel rescales its operand to the result's
/// steps, is below `limit`.
const char* WhyNotRescaled(double multiplier, double limit);

/// Returns a reason unless the ends of a node's clamp are less than 2^31 steps of its result
/// (kernels/kernel_util.cc, CalculateActivationRangeQuantized).
const char* ClampScaleRule(const Node& node, const NodeParams& params);

/// The rule of kernels that rescale operand 0 alone, and clamp.
const char* RescalingScaleRule(const Node& node, const NodeParams& params);

/// The rule of convolutions and matrix products, whose operand 1 has one scale or one per channel.
const char* WeightedScaleRule(const Node& node, const NodeParams& params);

}  // namespace qconvert
