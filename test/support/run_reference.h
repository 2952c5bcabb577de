// Runs a graph in tests through the records' plain loops, node by node: no runner, no memory plan.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Runs `graph` on constants of its inputs' types and shapes, and returns its outputs as constants.
/// Nodes with a quantized operand or result run reference_int8, all others evaluate.
std::vector<Tensor> RunReference(const Graph& graph, const std::vector<Tensor>& inputs);

/// Makes random values for every input of a graph; floats lie in [min, max).
std::vector<Tensor> RandomInputs(const Graph& graph, uint64_t seed, float min = -1, float max = 1);

/// Copies a constant's values.
template <typename T>
std::vector<T> ToVector(const Tensor& tensor) {
  const auto values = tensor.Values<T>();
  return {values.begin(), values.end()};
}

/// Runs `graph` on `inputs` and returns the floats of output i.
std::vector<float> RunFloat(const Graph& graph, const std::vector<Tensor>& inputs, size_t i = 0);

}  // namespace qconvert
