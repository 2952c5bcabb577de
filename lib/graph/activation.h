// Clamps that an operator applies to its own result before it is rounded. Attributes name them
// (operators.h); kernels, passes and calibration ask here for their ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/math/affine.h"

namespace qconvert {

/// What a producer applies to its result before it is rounded.
enum class Activation : uint8_t { kNone, kRelu, kReluN1To1, kRelu6 };

/// Returns the name that the text form shows, such as "relu6".
std::string_view ActivationName(Activation activation);

/// Returns the ends that an activation clamps to, in real units; infinite where it does not.
Range ActivationRange(Activation activation);

/// Returns the activation that clamps to these ends; nothing when there is none.
std::optional<Activation> ActivationWithin(const Range& ends);

}  // namespace qconvert
