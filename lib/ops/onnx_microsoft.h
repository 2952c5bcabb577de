// Operators of the domain com.microsoft: what ONNX Runtime's optimizers fuse, taken apart again.
#pragma once

#include <span>
#include <string_view>

#include "lib/ops/op.h"

namespace qconvert {

/// Returns the operators of that domain that are read, and what is left of each.
std::span<const OnnxSpelling> MicrosoftSpellings();

/// Returns how an operator of that domain is read; null when it is not supported.
const OnnxSpelling* FindMicrosoftSpelling(std::string_view op_type);

}  // namespace qconvert
