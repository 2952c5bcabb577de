// The options of a search for precisions make sense. A part of validate_options.h.
#pragma once

#include "lib/qconvert.h"

namespace qconvert {

/// Requires values that there are, a target, and no option that the search decides.
///   Throws Error(kUsage), naming the flags.
void RequireSearch(const ConvertOptions& options);

}  // namespace qconvert
