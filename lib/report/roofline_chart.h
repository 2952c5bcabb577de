// The roofline of a profile as SVG: on logarithmic axes a dot for each step, and the roofs above
// them.
#pragma once

#include <string>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns a section of a page.
///   summary  with peaks
std::string Roofline(const BenchmarkSummary& summary);

}  // namespace qconvert
