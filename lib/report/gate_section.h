// Gates in the HTML pages: verdicts, and intervals as drawings. The pages of a verdict and of a
// conversion show them.
#pragma once

#include <string>
#include <vector>

#include "lib/evaluation/gate_result.h"

namespace qconvert {

/// Returns a table of gates, one row each.
std::string GateSection(const std::vector<GateResult>& gates);

}  // namespace qconvert
