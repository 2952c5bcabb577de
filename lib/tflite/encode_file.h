// Quantized graph -> the bytes of a file that has been read back and verified.
#pragma once

#include <string>
#include <vector>

#include "lib/base/shared_bytes.h"
#include "lib/graph/graph.h"
#include "lib/passes/pipeline.h"

namespace qconvert {

/// The bytes of a file, and the graph that a reader makes of them.
struct EncodedFile {
  SharedBytes bytes;
  Graph graph;                          ///< its constants lie in `bytes`
  std::vector<std::string> node_names;  ///< of the graph that was written, in its order
};

/// Writes a graph as TFLite and reads it back.
///   allow_extensions  permits what only our runner executes
///   Throws Error(kUnsupported) when TFLite cannot hold it, Error(kInternal) when the bytes break a
///   rule of TFLite's kernels.
EncodedFile EncodeFile(Graph graph, bool allow_extensions, const DumpOptions& dump = {});

}  // namespace qconvert
