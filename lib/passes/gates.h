// Tensors that nobody reads but a smooth gate on them: x of x Sigmoid(x) (SiLU), HardSwish(x) and
// GELU(x). Far below 0 the result is 0 whatever x is: calibration/gate_ranges.h clips ranges on
// that ground, and comparisons leave out what is clipped.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// A tensor and its gated self.
struct Gate {
  TensorId operand = kNoTensor;
  TensorId result = kNoTensor;
  double (*function)(double x) = nullptr;
  double turning = 0;  ///< below it |function| falls towards 0 as x falls
};

/// Returns the gates whose operand has no other reader and is computed by a node.
std::vector<Gate> FindGates(const Graph& graph);

}  // namespace qconvert
