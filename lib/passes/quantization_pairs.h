// Pairs of the model's own quantization: a QuantizeLinear whose integers go straight back to reals.
// lift_quantization.cc absorbs them; the planner makes those that are left a QUANTIZE.
#pragma once

#include <optional>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns the DequantizeLinears that read a QuantizeLinear's result, when nobody else does and
/// their parameters are its own; none otherwise, and for other nodes.
std::vector<Node*> DequantizesOfPair(const Graph& graph, const Node& quantize);

/// Returns the integers of an integer file that a pair makes. Of 8 bits they are its own. Of 16
/// bits they are int16 without a zero point: its own, or as many as reach over its range, as far as
/// `x` does. Nothing where there is no pair, or no one scale for all.
std::optional<IntegerForm> GridOfPair(const Graph& graph, const Node& quantize);

/// Returns whether a tensor holds no negative number, whatever the network reads.
bool IsNonNegative(const Graph& graph, TensorId id);

/// Returns whether a pair cuts its operand at 0, as quantizers let it do in place of a Relu.
bool StandsForRelu(const Graph& graph, const Node& quantize);

/// Returns whether a QuantizeLinear makes integers of 16 bits.
bool IsWide(const QuantizeLinear& quantize);

}  // namespace qconvert
