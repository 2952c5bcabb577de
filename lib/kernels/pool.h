// Fast kernels of pools; lib/ops/pool.cc names them in its records. Null where there is none: plain
// loops run then.
#pragma once

#include "lib/kernels/kernel.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareAveragePool2DFloat(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareMaxPool2DFloat(const PrepareContext& context);

/// Equal to the reference.
std::unique_ptr<Kernel> PrepareAveragePool2DInt8(const PrepareContext& context);
std::unique_ptr<Kernel> PrepareMaxPool2DInt8(const PrepareContext& context);

}  // namespace qconvert
