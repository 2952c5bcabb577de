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

/// Returns the int8 parameters of what a pair gives. Of 8 bits they are its own; the range of 16
/// bits, as far as `x` reaches, gets 8. Nothing where there is no pair, or no one scale for all.
std::optional<QuantParams> GridOfPair(const Graph& graph, const Node& quantize);

/// Returns whether a pair cuts its operand at 0, as quantizers let it do in place of a Relu.
///   grid  that GridOfPair gives
bool StandsForRelu(const Graph& graph, TensorId operand, const QuantParams& grid);

/// Returns whether a QuantizeLinear makes integers of 16 bits.
bool IsWide(const QuantizeLinear& quantize);

}  // namespace qconvert
