// Graph -> bytes of a TFLite flatbuffer. Comes after passes/ (export list) and quantization/; the
// bytes go through verify.h and then to a file.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Serializes a graph whose operators all have a TFLite form: tensors, operators, the signature
/// "serving_default" with the graph's input and output names, and metadata (min_runtime_version,
/// and graph.metadata, each entry as "qconvert.<key>").
///   result  a complete file, identifier TFL3, schema version 3; the same graph gives the same
///   bytes Throws Error(kUnsupported), listing every node without a TFLite form, or when the file
///   would pass the format's 2 GB.
std::vector<std::byte> WriteTflite(const Graph& graph);

}  // namespace qconvert
