// Checks that a graph is well formed. Runs after each pass, and after a graph was read from a file.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

/// Checks edges, order, single assignment, constants' sizes, that each node has a name of its own,
/// and that types and shapes are what the operators infer.
///   Throws Error(kUnusable) naming the node or tensor.
void VerifyGraph(const Graph& graph);

}  // namespace qconvert
