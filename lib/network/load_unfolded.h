// An ONNX file -> the float graph before batch norms are folded: the same network as load_onnx.h
// gives, a few passes earlier. tuning/ looks there for what folding merges.
#pragma once

#include <string>

#include "lib/graph/graph.h"
#include "lib/onnx/import.h"

namespace qconvert {

/// Imports an ONNX model and runs the float passes up to the folding of batch norms. Nodes with
/// weights have the names that LoadOnnx gives them.
///   Throws Error as LoadOnnx does.
Graph LoadUnfolded(const std::string& path, const ImportOptions& import);

}  // namespace qconvert
