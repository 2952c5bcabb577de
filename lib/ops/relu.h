// Clamps in their own operators: Relu, Relu6, ReluN1To1, Relu0To1 and Clip.
#pragma once

#include "lib/graph/operators.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Returns the operator that clamps to these ends: one of the Relu family where there is one, else
/// Clip.
Operator ClampOperator(const Range& ends);

}  // namespace qconvert
