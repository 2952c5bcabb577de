// What LiteRT's integer kernels demand of the scales of one node. Before it: the parameters that
// the planner means to give, or that a finished file holds. After it: the planner leaves a node in
// float, the verifier refuses a file. A kernel that is given other scales fails to prepare, ends
// its process, or shifts significant bits out of an int32.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/graph/quant_params.h"

namespace qconvert {

/// The parameters of one node's tensors; null where a tensor is absent or has none.
struct NodeParams {
  std::vector<const QuantParams*> operands;
  const QuantParams* result = nullptr;  ///< of the first result
  bool wide = false;                    ///< the activations are int16, else int8
  int64_t fold = 1;                     ///< elements of operand 0 for each of the result
};

/// Returns NodeParams::fold of a node.
int64_t Fold(const Graph& graph, const Node& node);

/// Returns why LiteRT's integer kernel does not take a node with these parameters; null when it
/// does.
using ScaleRule = const char* (*)(const Node& node, const NodeParams& params);

/// Returns the bound of multipliers of a single step, a number below 2^8, or of int16 2^16: a left
/// shift of more than 22 bits, or 14, would leave an int32
/// (tensorflow/lite/kernels/internal/common.h, MultiplyByQuantizedMultiplier).
inline double StepMultipliers(const NodeParams& params) { return params.wide ? 1 << 14 : 1 << 22; }
/// Returns the same for the product of two steps, below 2^16, or of int16 2^30.
inline double ProductMultipliers(const NodeParams& params) { return params.wide ? 1 : 1 << 14; }
/// Returns the bound of multipliers of sums. XNNPACK creates no convolution or matrix product whose
/// multiplier is 2^8 or more (src/operators/convolution-nhwc.c), and LiteRT prepares no file with
/// one; its arithmetic of 64-bit sums shifts left by 7 bits at most.
inline double SumMultipliers(const NodeParams& params) { return params.wide ? 1 << 7 : 1 << 8; }

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
