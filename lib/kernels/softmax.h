// Fast softmax over the last axis; softmax.cc names them in its record.
#pragma once

#include "lib/kernels/kernel.h"

namespace qconvert {

/// Prepares float32 rows; exponentials are within 4 units in the last place.
std::unique_ptr<Kernel> PrepareSoftmaxFloat(const PrepareContext& context);

/// Prepares int8 rows with scale 1/256 and zero point -128, through a table of exponentials: within
/// one step of reference_int8. Null for other parameters.
std::unique_ptr<Kernel> PrepareSoftmaxInt8(const PrepareContext& context);

}  // namespace qconvert
