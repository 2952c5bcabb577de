// An ONNX file -> the float graph that is calibrated, quantized or compared.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/passes/layout.h"

namespace qconvert {

/// Shapes of inputs whose dimensions are symbolic, by name.
using InputShapes = std::map<std::string, std::vector<int64_t>>;

/// Imports an ONNX model and runs the float passes.
///   dump_passes  folder for the text form after each pass; empty: none
///   Throws Error, with the path in front.
Graph LoadOnnx(const std::string& path, const InputShapes& shapes, Layout layout,
               const std::string& dump_passes = "");

}  // namespace qconvert
