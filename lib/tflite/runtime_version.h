// The oldest TFLite runtime that has a version of an operator.
#pragma once

#include <string>

#include "lib/ops/tflite_options.h"

namespace qconvert {

/// Returns "1.14.0"-like: the first runtime with this version of an operator, from its record.
std::string FirstRuntime(const TfliteForm& form, int version);

/// Returns the later of two runtime versions; an empty one is older than all.
std::string LaterRuntime(const std::string& a, const std::string& b);

}  // namespace qconvert
