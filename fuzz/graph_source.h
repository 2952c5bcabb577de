// Graphs that are well formed, made of the fuzzer's choices: what passes, writer and runner get to
// see from the importers, in combinations that nobody thought of.
#pragma once

#include "fuzz/byte_source.h"

#include "lib/graph/graph.h"

namespace qconvert {

/// Makes a float graph of up to 24 nodes on small tensors. A choice that does not fit is left out.
Graph MakeGraph(ByteSource& source);

}  // namespace qconvert
