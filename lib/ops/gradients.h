// The backward functions of records that have a file of their own beside the record's; the others
// stand beside their record. Loops they share: gradient_loops.h.
#pragma once

#include "lib/ops/backward.h"

namespace qconvert {

// conv_backward.cc
void Conv2DBackward(const Node& node, const NodeGradients& gradients);
void DepthwiseConv2DBackward(const Node& node, const NodeGradients& gradients);

// transpose_conv_backward.cc
void TransposeConv2DBackward(const Node& node, const NodeGradients& gradients);

// matmul_backward.cc
void FullyConnectedBackward(const Node& node, const NodeGradients& gradients);
void BatchMatMulBackward(const Node& node, const NodeGradients& gradients);

// binary_backward.cc
void AddBackward(const Node& node, const NodeGradients& gradients);
void SubBackward(const Node& node, const NodeGradients& gradients);
void MulBackward(const Node& node, const NodeGradients& gradients);
void DivBackward(const Node& node, const NodeGradients& gradients);
void MaximumBackward(const Node& node, const NodeGradients& gradients);
void MinimumBackward(const Node& node, const NodeGradients& gradients);
void SquaredDifferenceBackward(const Node& node, const NodeGradients& gradients);
void PowBackward(const Node& node, const NodeGradients& gradients);
void FloorModBackward(const Node& node, const NodeGradients& gradients);
void Atan2Backward(const Node& node, const NodeGradients& gradients);

// relu_backward.cc
void ClampBackward(const Node& node, const NodeGradients& gradients);
void LeakyReluBackward(const Node& node, const NodeGradients& gradients);
void PReluBackward(const Node& node, const NodeGradients& gradients);

// pool_backward.cc
void AveragePool2DBackward(const Node& node, const NodeGradients& gradients);
void MaxPool2DBackward(const Node& node, const NodeGradients& gradients);

// reduce_backward.cc
void MeanBackward(const Node& node, const NodeGradients& gradients);
void SumBackward(const Node& node, const NodeGradients& gradients);
void ReduceMaxBackward(const Node& node, const NodeGradients& gradients);
void ReduceMinBackward(const Node& node, const NodeGradients& gradients);
void ReduceProdBackward(const Node& node, const NodeGradients& gradients);

// movement_backward.cc
void MovementBackward(const Node& node, const NodeGradients& gradients);
void PadBackward(const Node& node, const NodeGradients& gradients);

}  // namespace qconvert
