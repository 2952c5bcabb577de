// Evaluates nodes whose operands are all constants: at import, where later shapes depend on the
// values, and in the fold-constants pass.
#pragma once

#include <vector>

#include "lib/graph/graph.h"
#include "lib/ops/op.h"

namespace qconvert {

/// Returns the node's outputs as inferred, without values.
std::vector<Tensor> InferOutputs(const Node& node, std::span<const Tensor* const> inputs);

/// Evaluates a node with constant operands; the outputs become constants that own their values.
void EvaluateConstants(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs);

}  // namespace qconvert
