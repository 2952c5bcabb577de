// What each node is to be computed with, as a user or a search asks for it. plan.h decides what the
// node really gets.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// What a node's constant weights are stored as.
enum class WeightPrecision : uint8_t { kInt4, kInt8, kCodebook, kFloat16, kFloat32 };

constexpr bool AreInteger(WeightPrecision weights) {
  return weights == WeightPrecision::kInt4 || weights == WeightPrecision::kInt8;
}

/// What a node computes with.
enum class ActivationPrecision : uint8_t {
  kInt8,
  kInt16,
  kDynamic,  ///< floats in the file, which LiteRT rounds to 8 bits while it runs
  kFloat32
};

constexpr bool AreInteger(ActivationPrecision activations) {
  return activations == ActivationPrecision::kInt8 || activations == ActivationPrecision::kInt16;
}

/// Returns the element type of integer activations.
inline ElementType IntegerType(ActivationPrecision activations) {
  return activations == ActivationPrecision::kInt16 ? ElementType::kInt16 : ElementType::kInt8;
}

/// Precision of one node. Integer or float16 weights beside float activations are widened by a
/// DEQUANTIZE; beside dynamic ones the node reads the integers.
struct NodePrecision {
  WeightPrecision weights = WeightPrecision::kInt8;
  ActivationPrecision activations = ActivationPrecision::kInt8;

  friend bool operator==(const NodePrecision&, const NodePrecision&) = default;
};

inline constexpr NodePrecision kFloatNode{WeightPrecision::kFloat32, ActivationPrecision::kFloat32};

/// Precision of every node of a graph: one for most, and exceptions.
struct PrecisionPlan {
  struct Exception {
    NodePrecision precision;
    std::string reason;  ///< such as "named by --exclude"
  };

  NodePrecision otherwise;                      ///< of nodes that are no exception
  std::map<std::string, Exception> exceptions;  ///< by the node's name

  /// Returns the exception that a node is; null when it is none.
  const Exception* Find(const Node& node) const {
    const auto found = exceptions.find(node.name);
    return found == exceptions.end() ? nullptr : &found->second;
  }
};

/// Makes the nodes whose name a regex of ECMAScript finds float, as --exclude asks; an empty one
/// finds none.
///   Throws Error(kUsage) when `pattern` is not a regular expression.
void KeepFloat(const Graph& graph, const std::string& pattern, PrecisionPlan& plan);

/// Gives 8-bit weights to the layers that no other layer comes before, or none behind, and that are
/// no exception yet: few bits harm them most (Choi et al. 2018, arXiv:1805.06085, section 5).
void KeepOuterLayers8Bit(const Graph& graph, PrecisionPlan& plan);

}  // namespace qconvert
