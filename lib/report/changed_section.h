// Samples whose answer changed, with their pictures where there are some. The page of a verdict
// shows it.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns the first of the samples; nothing for none.
std::string ChangedSection(const std::vector<ChangedSample>& changed);

}  // namespace qconvert
