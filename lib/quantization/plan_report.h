// What a plan means for the user: what stays float and why, what is not as it was asked. Read by
// the summary of a conversion.
#pragma once

#include <string>
#include <vector>

#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// A node that stays in float, and why.
struct FloatNode {
  std::string name;
  std::string kind;
  std::string reason;
};

/// What becomes of the nodes, in the order of the graph.
struct QuantizationReport {
  int integer_nodes = 0;                ///< that compute with integers, or store their weights so
  int wide_nodes = 0;                   ///< those of them with int16 activations
  std::vector<FloatNode> float_nodes;   ///< where integers were asked of most nodes
  std::vector<std::string> warnings;    ///< one sentence each
  std::vector<std::string> extensions;  ///< nodes that LiteRT would refuse
  std::vector<std::string> eight_bit;   ///< nodes that were to have 4-bit weights and have int8
};

/// Derives the report from a plan for `graph`.
QuantizationReport ReportOf(const Graph& graph, const QuantizationPlan& plan);

}  // namespace qconvert
