// Runs graphs that fuzz targets have read, as long as they are small.
#pragma once

#include <cstddef>

#include "lib/graph/graph.h"
#include "lib/runner/compiled_graph.h"

namespace qconvert {

/// Returns whether a graph runs in a fraction of a second: few nodes, bytes and multiply-adds.
bool IsSmall(const Graph& graph, size_t most_bytes = size_t{4} << 20);

/// Compiles a small graph and runs it on made-up inputs; does nothing with others.
///   Throws Error as CompiledGraph and Session do.
void RunSmall(const Graph& graph, KernelSet kernels);

}  // namespace qconvert
