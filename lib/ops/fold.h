// What follows from a node and its operands before anything runs: the results' types and shapes
// and, where all operands are constants, their values. Import, readers and passes ask it.
#pragma once

#include <vector>

#include "lib/graph/graph.h"
#include "lib/ops/op.h"

namespace qconvert {

/// Returns the node's outputs as inferred, without values.
///   Throws Error(kUnusable) when the operator has another number of operands or results, or the
///   operands do not fit it.
std::vector<Tensor> InferOutputs(const Node& node, std::span<const Tensor* const> inputs);

/// Checks a node whose results a file or a pass described: they have the shapes and types that the
/// operator infers, whatever they stand for. Kernels rely on it.
///   Throws Error(kUnusable) naming the result.
void VerifyResults(const Graph& graph, const Node& node);

/// Evaluates a node with constant operands; the outputs become constants that own their values.
void EvaluateConstants(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs);

}  // namespace qconvert
