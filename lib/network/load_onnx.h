// An ONNX file -> the float graph that is calibrated, quantized or compared.
#pragma once

#include <string>

#include "lib/graph/graph.h"
#include "lib/onnx/import.h"
#include "lib/passes/layout.h"

namespace qconvert {

/// Imports an ONNX model and runs the float passes.
///   dump_passes  folder for the text form after each pass; empty: none
///   Throws Error, with the path in front.
Graph LoadOnnx(const std::string& path, const ImportOptions& import, Layout layout,
               const std::string& dump_passes = "");

}  // namespace qconvert
