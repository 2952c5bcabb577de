// Runs graphs that fuzz targets have read, as long as they are small.
#pragma once

#include "lib/graph/graph.h"
#include "lib/runner/compiled_graph.h"

namespace qconvert {

/// Returns whether a graph runs in a fraction of a second: few nodes, bytes and multiply-adds.
bool IsSmall(const Graph& graph);

/// Compiles a small graph and runs it on made-up inputs; does nothing with others.
///   Throws Error as CompiledGraph and Session do.
void RunSmall(const Graph& graph, KernelSet kernels);

}  // namespace qconvert
