// Decides what the weights of each node are stored as, within what TFLite's kernels accept. A step
// of plan.h, after integer_rules.h has decided which nodes compute with integers.
#pragma once

#include <optional>

#include "lib/quantization/plan.h"

namespace qconvert {

/// Returns which operand of a node is a constant float weight; nothing when none is.
std::optional<size_t> WeightOperand(const Graph& graph, const Node& node);

/// Writes precision and scheme of the weights into the plan of every node.
///   plan  has a kernel for what is asked of each node
///   Throws Error(kUsage) as Plan does.
void PlanWeights(const Graph& graph, const PlanOptions& options, QuantizationPlan& plan);

}  // namespace qconvert
