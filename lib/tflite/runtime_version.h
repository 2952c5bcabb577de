// The oldest TFLite runtime that has a version of an operator.
#pragma once

#include <string>

namespace qconvert {

/// Returns "1.14.0"-like: the first runtime with version `version` of operator `code` (a
/// tflite::BuiltinOperator), as tflite-rules section 5 lists them; "1.5.0" for what is older.
std::string MinRuntimeVersion(int code, int version);

/// Returns the later of two runtime versions.
std::string LaterRuntime(const std::string& a, const std::string& b);

}  // namespace qconvert
