// Runs one operator on random int8 operands in two ways, for tests: in integer arithmetic, and in
// real numbers that are rounded at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// An int8 operand to fill with random numbers.
struct Int8Operand {
  Shape shape;
  float scale = 1;
  int32_t zero_point = 0;
  int least = -128, most = 127;  ///< of its numbers
};

/// The results, both in steps of the result's parameters.
struct BothWays {
  std::vector<int8_t> integer;  ///< reference_int8
  std::vector<int8_t> real;     ///< evaluate on the real numbers, rounded
};

BothWays RunBothWays(const Operator& op, const std::vector<Int8Operand>& operands,
                     const QuantParams& result);

/// Returns what the fast int8 kernel computes of the same operands; empty when there is none.
std::vector<int8_t> RunFastInt8(const Operator& op, const std::vector<Int8Operand>& operands,
                                const QuantParams& result);

/// Runs the only node of a graph with its fast kernel and returns its output; nothing when the node
/// has none.
std::optional<Tensor> RunFast(const Graph& graph, const std::vector<Tensor>& inputs);

}  // namespace qconvert
