// The files beside a model that hold its weights, found without reading the model's own. Outputs
// are compared with them before the model is imported.
#pragma once

#include <string>
#include <vector>

namespace qconvert {

/// Returns the path of every file that a tensor of the model names as its external data, each once,
/// whether it exists or not. Skips over weights, so that a large model costs little. What is
/// damaged ends the list; ImportOnnx refuses such a file.
///   Throws Error(kUnusable) when the model cannot be opened.
std::vector<std::string> ExternalFiles(const std::string& model);

}  // namespace qconvert
