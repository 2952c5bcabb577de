// The oldest TFLite runtime that has a version of an operator.
#pragma once

#include <string>

namespace qconvert {

/// Returns "1.14.0"-like: the first runtime with version `version` of operator `code` (a
/// tflite::BuiltinOperator), as LiteRT's own converter tells it; empty for what we never write.
std::string MinRuntimeVersion(int code, int version);

/// Returns the later of two runtime versions; an empty one is older than all.
std::string LaterRuntime(const std::string& a, const std::string& b);

}  // namespace qconvert
