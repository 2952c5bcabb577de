// Finds the range that costs least, for the range methods that state what a range costs.
#pragma once

#include <functional>

#include "lib/math/affine.h"

namespace qconvert {

/// Searches the ends of a range in turn, each among 128 places evenly spread over its limits, until
/// neither end moves.
///   start      within the limits; includes zero
///   innermost  the narrowest range allowed, includes zero
///   outermost  the widest one
///   cost       of a range
Range CheapestRange(Range start, Range innermost, Range outermost,
                    const std::function<double(double low, double high)>& cost);

}  // namespace qconvert
