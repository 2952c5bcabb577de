// Runs a node whose activations are floats beside integer weights, as LiteRT does in files of
// dynamic range: compiled_graph.h prepares it.
#pragma once

#include <functional>
#include <memory>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Makes a kernel that rounds the activations to 8 bits by their own range and multiplies them with
/// the real weights, in float32. LiteRT adds up the same products in integers, so results differ by
/// the rounding errors of float sums.
///   context  of a node with constant weights; its node and tensors must outlive the kernel
///   prepare  makes the kernel of the same node with real weights
///   Throws Error(kUnsupported) when LiteRT has no such kernel or the weights are computed.
std::unique_ptr<Kernel> MakeDynamicKernel(
    const PrepareContext& context,
    const std::function<std::unique_ptr<Kernel>(const PrepareContext&)>& prepare);

}  // namespace qconvert
