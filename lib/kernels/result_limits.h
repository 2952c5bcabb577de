// Between which numbers an operator's result lies: what it clamps to by itself or by its fused
// activation.
#pragma once

#include "lib/graph/operators.h"
#include "lib/kernels/kernel.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Returns the ends that an activation clamps a real result to; infinite where it does not.
Range ActivationRange(Activation activation);

/// Returns the ends that an operator clamps its result to, by itself or by its fused activation.
Range ClampRange(const Operator& op);

/// Returns the int8 numbers that a fused activation leaves.
IntegerLimits ResultLimits(const Node& node, const AffineParams& result);

}  // namespace qconvert
