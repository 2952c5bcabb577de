// An ONNX file with other numbers in some of its constants, and nothing else changed. The last step
// of a training that is asked for a float model.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace qconvert {

/// Returns the names of the float constants that may be changed for one node alone: initializers
/// and results of Constant nodes of the main graph that one node reads, once, and that are no
/// output.
///   Throws Error(kUnusable) for a damaged file.
std::set<std::string> ConstantsOfOneReader(const std::string& path);

/// Checks that a model can be written as one file, external data and all.
///   Throws Error(kUnsupported) when it is too large for that.
void RequireOneFile(const std::string& path);

/// Returns the bytes of a model with other values in some of its float constants, rounded to the
/// type of each. What lay in other files lies within.
///   values  by name, one of ConstantsOfOneReader; row-major, as many as the constant has
///   Throws Error(kUnusable) for a damaged file, and when a value does not fit its type.
std::string WithConstants(const std::string& path,
                          const std::map<std::string, std::vector<float>>& values);

}  // namespace qconvert
