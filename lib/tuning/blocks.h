// Where a network is cut into blocks that are reconstructed one after the other. Before
// reconstruct.h.
#pragma once

#include <span>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/network/block_run.h"

namespace qconvert {

/// Layers of a chain that are taken together: an inverted residual has as many.
inline constexpr size_t kChainLayers = 3;
/// Layers between two cuts that are taken together.
inline constexpr size_t kMostBlockLayers = 12;

/// Returns whether a node multiplies constant weights.
bool IsLayer(const Graph& graph, const Node& node);

/// Cuts a float network into blocks, in the order of its nodes (BRECQ, Li et al. 2021,
/// arXiv:2102.05426, section 3.2). A cut lies where a single tensor is alive: between two of them
/// is a residual block, the branches of a module, or a single node of a chain. Nodes of a chain are
/// joined until they have kChainLayers layers; a part without cuts is a block of its own, and where
/// it has more than kMostBlockLayers layers, each of them is one, however many tensors are alive
/// behind it. Nodes behind the last layer are in no block, and each block ends with a part that has
/// a layer.
std::vector<NodeRange> FindBlocks(const Graph& network);

/// Cuts a block behind each of its layers.
std::vector<NodeRange> CutIntoLayers(const Graph& network, NodeRange block);

/// Finds the places of blocks in the graph that was built of the network node by node: what was
/// inserted before a node belongs to it.
std::vector<BlockRange> PlaceBlocks(const Graph& network, const Graph& quantized,
                                    std::span<const NodeRange> blocks);

}  // namespace qconvert
