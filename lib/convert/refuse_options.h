// Options of a conversion that cannot take effect beside the others. A part of validate_options.h.
#pragma once

#include "lib/qconvert.h"

namespace qconvert {

/// Requires samples where there are flags that say how these become values.
///   Throws Error(kUsage).
void RequireDataForPictures(const DataOptions& data);

/// Refuses options that the others leave without effect.
///   given    as the user gave them
///   settled  the same with every default in its place
///   Throws Error(kUsage), naming the flags, why, and which to drop.
void RefuseWithoutEffect(const ConvertOptions& given, const ConvertOptions& settled);

}  // namespace qconvert
