// A file beside the target that is to run it -> what the user is told of it. Comes between
// tflite/target_fit.h and the summary of the conversion.
#pragma once

#include <optional>
#include <string>

#include "lib/qconvert.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {

/// Returns what a target runs of a file and why not all of it; nothing when no target is named.
///   target  one of TargetNames(), or empty
std::optional<TargetSummary> SummarizeTarget(const std::string& target, const EncodedFile& file);

/// Returns a warning about operators that nothing runs, with the remedy; empty where there are
/// none.
std::string WarningOf(const TargetSummary& target);

}  // namespace qconvert
