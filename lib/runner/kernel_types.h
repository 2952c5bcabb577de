// What integer kernels read, compared with what a graph holds. compiled_graph.cc asks before it
// prepares a kernel: a file may give an operator quantized tensors of any type.
#pragma once

#include "lib/kernels/kernel.h"
#include "lib/ops/op.h"

namespace qconvert {

/// Checks that the tensors of a node with quantized operands or results are those that the integer
/// kernels of its operator read and write: its activations int8, or all int16 where there is such a
/// kernel. Operators that copy values take all types.
///   Throws Error(kUnsupported) naming the tensor.
void RequireKernelTypes(const Op& op, const PrepareContext& context);

}  // namespace qconvert
