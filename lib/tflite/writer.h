// Graph -> bytes of a TFLite flatbuffer. Comes after passes/ (export list) and quantization/; the
// bytes go through verify.h and then to a file.
#pragma once

#include <cstddef>

#include "lib/base/shared_bytes.h"
#include "lib/graph/graph.h"

namespace qconvert {

/// The bytes of constants that a flatbuffer, whose offsets have 31 bits, holds beside a structure
/// of at most 64 MB.
inline constexpr size_t kMostInFlatbuffer = (size_t{2} << 30) - (size_t{64} << 20);

/// Serializes a graph whose operators all have a TFLite form: tensors, operators, the signature
/// "serving_default" with the graph's input and output names, and metadata (min_runtime_version,
/// and graph.metadata, each entry as "qconvert.<key>").
/// Tensors that grow with an open batch (passes/batch_growth.h) have shape_signature -1 there.
/// Each constant is let go once it is written, so that one that nobody else holds lies in memory
/// once.
///   most_in_flatbuffer  bytes of constants; if there are more, all of them stand behind the
///           flatbuffer (schema 3c), which LiteRT reads from TensorFlow 2.16 on
///   result  a complete file, identifier TFL3, schema version 3; the same graph gives the same
///           bytes
///   Throws Error(kUnsupported), listing every node without a TFLite form.
SharedBytes WriteTflite(Graph graph, size_t most_in_flatbuffer = kMostInFlatbuffer);

}  // namespace qconvert
