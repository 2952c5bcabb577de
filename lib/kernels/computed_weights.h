// Products of float32 activations with weights that are computed, or that change from run to run as
// in training: nothing is repacked. conv_float.cc and fully_connected.cc take them where the
// weights are no constants.
#pragma once

#include <memory>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Prepare the kernels of CONV_2D (as products of patches), DEPTHWISE_CONV_2D and FULLY_CONNECTED.
/// Weights and bias are read at each run. Their sums depend on the sizes and on the instruction set
/// only.
std::unique_ptr<Kernel> PrepareComputedConv2D(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareComputedDepthwiseConv2D(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareComputedFullyConnected(const PrepareContext& context);

}  // namespace qconvert
