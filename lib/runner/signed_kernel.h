// Runs a kernel that knows signed int8 tensors only where they lie as unsigned bytes
// (unsigned_tensors.h): compiled_graph.h wraps it.
#pragma once

#include <memory>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Wraps `inner`, which gets signed copies of operands and whose results are flipped in place.
///   context  with the flips that `inner` does not honour
std::unique_ptr<Kernel> MakeSignedKernel(std::unique_ptr<Kernel> inner,
                                         const PrepareContext& context);

}  // namespace qconvert
