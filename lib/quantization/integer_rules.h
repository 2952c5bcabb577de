// Decides what becomes integer and with which parameters: the operators' quantization rules applied
// to the calibrated ranges. integer_graph.h builds the graph from it.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/calibration/choose_ranges.h"
#include "lib/graph/graph.h"
#include "lib/quantization/quantize_options.h"

namespace qconvert {

/// The decisions for one float graph.
struct IntegerPlan {
  /// By node: nothing for integer nodes, else why it stays float. Nodes that touch no float tensor
  /// are in neither group and are absent.
  std::unordered_map<const Node*, std::optional<std::string>> stays_float;
  /// By tensor id: the int8 parameters of tensors that integer nodes read or write.
  std::vector<std::optional<QuantParams>> params;
  std::vector<std::string> warnings;

  bool IsInteger(const Node& node) const {
    const auto found = stays_float.find(&node);
    return found != stays_float.end() && !found->second.has_value();
  }
};

/// Returns the int8 affine parameters of a range (per layer, [-128, 127]), which is cut at
/// +-kLargestReal.
QuantParams Int8Params(const Range& range);

/// Applies the rules, in the order of the graph. An operand of a Concat-like operator whose only
/// reader it is takes the result's parameters, so that its producer rescales (the paper's figure
/// 7); others are requantized when the graph is built. Warns of Concats whose operands' ranges
/// differ by more than 16x. A node stays float where a range reaches beyond kLargestReal, or where
/// LiteRT's kernels do not take the scales (lib/ops/scale_rules.h).
IntegerPlan PlanInteger(const Graph& graph, const Ranges& ranges, const QuantizeOptions& options);

}  // namespace qconvert
