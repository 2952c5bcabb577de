// Runs a record's plain loops as a kernel: the reference set, and the fast set where an operator
// has no faster kernel.
#pragma once

#include <memory>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Wraps `function`; the node and tensors of `context` must outlive the kernel.
std::unique_ptr<Kernel> MakeReferenceKernel(ReferenceFunction function,
                                            const PrepareContext& context);

}  // namespace qconvert
