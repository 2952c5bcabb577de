// What every node and tensor of a float graph becomes. plan.h decides it, build.h carries it out,
// plan_report.h tells people of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/quantization/codebook_size.h"
#include "lib/quantization/precision_plan.h"
#include "lib/quantization/weight_scheme.h"

namespace qconvert {

/// Element type of the model's float inputs and outputs.
enum class IoType : uint8_t { kFloat32, kInt8, kUInt8, kInt16 };

/// Returns the type of the integers that inputs and outputs of an integer type stand for.
inline ElementType IntegerType(IoType io) {
  return io == IoType::kInt16 ? ElementType::kInt16 : ElementType::kInt8;
}

/// What one node becomes.
struct NodePlan {
  NodePrecision asked;
  /// What it gets. Weights are kFloat32 where it has no constant ones.
  NodePrecision precision = kFloatNode;
  std::string reason = "";  ///< why it is an exception, or gets something else than it asked for
  /// How its weights become integers; nothing when they do not.
  std::optional<WeightScheme> scheme = std::nullopt;
  bool extension = false;  ///< LiteRT would refuse it: it runs only here

  bool is_integer() const { return AreInteger(precision.activations); }
  bool asks_dynamic() const { return asked.activations == ActivationPrecision::kDynamic; }
  bool is_dynamic() const { return precision.activations == ActivationPrecision::kDynamic; }
};

/// The parameters of one tensor, for each integer type that some node reads or writes it as.
struct ActivationParams {
  std::optional<QuantParams> int8 = std::nullopt, int16 = std::nullopt;

  std::optional<QuantParams>& Of(ElementType type) {
    return type == ElementType::kInt16 ? int16 : int8;
  }
  const std::optional<QuantParams>& Of(ElementType type) const {
    return type == ElementType::kInt16 ? int16 : int8;
  }
};

/// The decisions for one float graph.
struct QuantizationPlan {
  NodePrecision otherwise;  ///< what was asked of most nodes
  /// By the node's name; nodes that touch no float tensor are absent and stay as they are.
  std::map<std::string, NodePlan> nodes;
  std::vector<ActivationParams> tensors;  ///< by tensor id
  IoType io = IoType::kFloat32;
  int codebook_size = kMostCodes;     ///< of weights that get a codebook
  std::vector<std::string> warnings;  ///< one sentence each

  const NodePlan* Find(const Node& node) const {
    const auto found = nodes.find(node.name);
    return found == nodes.end() ? nullptr : &found->second;
  }
  bool IsInteger(const Node& node) const {
    const NodePlan* plan = Find(node);
    return plan != nullptr && plan->is_integer();
  }
};

}  // namespace qconvert
