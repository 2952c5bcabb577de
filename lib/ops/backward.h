// What tuning/ asks of an operator's record: the gradients of the loss by a node's operands from
// those by its results.
#pragma once

#include <span>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// The values of a node's operands and results and the gradients of the loss by them, while
/// training goes back through the node. Gradients are float32, row-major, of the tensor's shape.
struct NodeGradients {
  TensorViews inputs;   ///< values; without a tensor where the operand is absent
  TensorViews outputs;  ///< values that the node computed
  std::span<const std::span<const float>> by_outputs;  ///< empty: the loss does not depend on it
  std::span<const std::span<float>> by_inputs;         ///< empty: nobody asks for it
};

/// Plain loops: adds to each gradient by an operand what the node's results make of it.
using BackwardFunction = void (*)(const Node& node, const NodeGradients& gradients);

}  // namespace qconvert
