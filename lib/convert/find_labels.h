// The true classes of samples, as far as the network has such classes. Evaluate and Tune read them
// before any work.
#pragma once

#include <string>

#include "lib/runner/port.h"
#include "lib/samples/labels.h"

namespace qconvert {

/// Reads the samples' classes.
///   output  the network's first, whose scores they are of
///   Throws Error(kUnusable) as ReadLabels does, and naming a sample whose class the network lacks.
Labels FindLabels(const std::string& path, const SampleSet& samples, const Port& output);

}  // namespace qconvert
