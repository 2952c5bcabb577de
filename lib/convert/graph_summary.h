// The nodes of a file, under the names of the float network's, for the reports. make_file.cc and
// evaluate.cc ask it while they have the graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Names of a network's nodes by the tensors that they compute: files name no nodes.
using NodeNames = std::map<std::string, std::string>;

NodeNames NodeNamesOf(const Graph& network);

/// Returns the name of the network's node that computes the same tensor as a node of a file; where
/// none does, the node's own.
std::string NameInNetwork(const NodeNames& network, const Node& node, const Graph& file);

/// Returns the nodes of a file in their order, but those that only convert constants.
std::vector<GraphNodeSummary> SummarizeGraph(const NodeNames& network, const Graph& file);

}  // namespace qconvert
