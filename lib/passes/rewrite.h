// What passes build rewrites from, beside Graph's own Replace, Remove, InsertBefore, SoleConsumer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Inserts a node before `place`, infers its one output and names both `name`. Operators that keep
/// parameters (QuantRule::KeepsParams) pass on the quantization of their first operand.
TensorId EmitBefore(Graph& graph, const Node& place, Operator op, std::vector<TensorId> inputs,
                    const std::string& name);
/// The same right after `place`.
TensorId EmitAfter(Graph& graph, const Node& place, Operator op, std::vector<TensorId> inputs,
                   const std::string& name);

/// Removes `follower` after `producer` was made to compute its result, and lets the producer's
/// output have the name of the follower's, and its grid where it has one.
void Absorb(Graph& graph, const Node& producer, Node& follower);

/// Replaces a float constant that `node` reads as operand i; the new one takes the name when nobody
/// else reads the old one.
void ReplaceFloats(Graph& graph, Node& node, size_t i, std::vector<float> values);

/// Replaces a node whose operands are all constants by its results.
void Evaluate(Graph& graph, Node& node);

/// Infers the outputs of a node again, after its attributes or operands changed.
void Reinfer(Graph& graph, const Node& node);

/// Adds a float constant.
TensorId AddFloats(Graph& graph, const std::string& name, Shape shape, std::vector<float> values);

/// Returns the only value of a float constant of one element, else nothing.
std::optional<float> ScalarValue(const Graph& graph, TensorId id);

/// Returns the value that all elements of a float constant have, else nothing.
std::optional<float> UniformValue(const Graph& graph, TensorId id);

/// Returns the least real number that a tensor of floats, 8-bit integers or int16 can hold.
float LowestReal(const Tensor& tensor);

/// Calls `visit` for every node in order. It may remove the node it is called with and nodes
/// before it, and insert nodes anywhere.
template <typename Visit>
void ForEachNode(Graph& graph, const Visit& visit) {
  for (auto at = graph.nodes().begin(); at != graph.nodes().end();) visit(*at++);
}

}  // namespace qconvert
