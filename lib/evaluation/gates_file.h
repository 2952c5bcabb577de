// Limits of gates from a file, so that a repository can keep them beside its model. gate.h judges
// by them.
#pragma once

#include <string>

#include "lib/evaluation/gate_result.h"

namespace qconvert {

/// Reads a JSON object whose keys are names of gates and whose values are numbers:
/// {"max-drop": 1, "min-sqnr": 20}.
///   Throws Error(kUnusable), with the path, when it is anything else; for a gate that does not
///   exist it says the nearest name.
GateLimits ReadGatesFile(const std::string& path);

/// Returns `limits`, and those of `others` that are not set there.
GateLimits Joined(const GateLimits& limits, const GateLimits& others);

}  // namespace qconvert
