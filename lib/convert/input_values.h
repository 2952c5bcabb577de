// What the samples of a conversion look like: the summary shows it, and warns of forgotten
// preprocessing.
#pragma once

#include <optional>
#include <string>

#include "lib/calibration/evidence.h"

namespace qconvert {

/// What the samples hold, over all float inputs of a network.
struct InputValues {
  double min = 0, max = 0, mean = 0;
};

/// Returns what the float inputs of `network` were given; nothing when there are none.
///   evidence  with extremes and totals
std::optional<InputValues> InputValuesOf(const Graph& network, const Evidence& evidence);

/// Returns a warning when the values look like pixels that were not normalised; else nothing.
std::optional<std::string> WarningOf(const InputValues& inputs);

}  // namespace qconvert
