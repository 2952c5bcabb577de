// One small graph or several for every operator that has a TFLite form.
#pragma once

#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

struct OperatorCase {
  std::string label;
  Graph graph;  ///< float (or what the operator works on), of one node
};

/// Returns the cases; a kind of operator may have several.
std::vector<OperatorCase> OperatorCases();

/// Returns the node of a case.
inline const Node& OnlyNode(const Graph& graph) { return graph.nodes().front(); }

/// Makes a float case int8 by its record's quantization rule, with random weights and one scale for
/// all activations: weights per channel, int32 biases, fixed results.
Graph AsInt8(const Graph& graph);

/// Returns whether AsInt8 makes sense: TFLite has an integer kernel and the case is of floats.
bool HasInt8Form(const Graph& graph);

}  // namespace qconvert
