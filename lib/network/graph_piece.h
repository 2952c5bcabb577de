// Some nodes of a graph as a graph of their own. What runs a network part by part cuts it so:
// prefix_run.h node by node, block_run.h block by block.
#pragma once

#include <span>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// A graph that computes what some nodes of a whole graph do. Its tensors are named as there.
struct GraphPiece {
  Graph graph;
  std::vector<TensorId> inputs, outputs;  ///< of the whole graph, by the piece's inputs and outputs
};

/// Cuts nodes out of a graph. Tensors that they read and do not compute become inputs, but for
/// constants, which are shared.
///   nodes    in an order in which they can run
///   outputs  of the whole graph, computed by these nodes
GraphPiece CutPiece(const Graph& whole, std::span<const Node* const> nodes,
                    std::span<const TensorId> outputs);

}  // namespace qconvert
