// What an integer file keeps of the quantization that the model itself does by QuantizeLinear and
// DequantizeLinear. The planner (integer_rules.h) asks it; passes/lower_quantization.cc writes
// these nodes as float arithmetic.
#pragma once

#include <optional>
#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// Returns whether a node is the model's own step between reals and integers.
bool IsModelQuantization(const Node& node);

/// Returns the int8 parameters of the reals that a DequantizeLinear makes of 8-bit integers with
/// one scale; nothing for other nodes, and for scales that int8 files never have
/// (lib/math/affine.h).
std::optional<QuantParams> GridOfIntegers(const Graph& graph, const Node& node);

/// Returns the int8 parameters that hold every integer to which a QuantizeLinear rounds a tensor;
/// nothing where it has other readers too, and as above.
std::optional<QuantParams> GridOfReader(const Graph& graph, TensorId id);

/// Returns one warning that counts these nodes; nothing when there are none.
std::optional<std::string> WarningOfQuantizedModel(const Graph& graph);

}  // namespace qconvert
