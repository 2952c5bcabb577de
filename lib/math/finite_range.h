// The smallest and largest of many values, fast, and whether all are finite. Observations of
// calibration/ begin with it.
#pragma once

#include <optional>
#include <span>

#include "lib/math/affine.h"

namespace qconvert {

/// Returns the smallest and largest of `values`, of none (0, 0); nothing when one of them is not
/// finite.
std::optional<Range> FiniteRange(std::span<const float> values);

}  // namespace qconvert
