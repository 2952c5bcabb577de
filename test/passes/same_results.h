// What every pass test asks: does the rewritten graph compute what the old one did?
#pragma once

#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// Runs a pass on a copy of `graph`, verifies the copy, runs both on random inputs from [-4, 4) and
/// requires all outputs to be equal within `relative` of the largest; returns the copy.
Graph RunPass(void (*pass)(Graph&), const Graph& graph, double relative = 0);

/// Returns the node lines of the text form, without types and shapes: "y = Relu(x)\n".
std::string NodesOf(const Graph& graph);

/// Returns how many nodes are of a kind.
template <typename T>
int Count(const Graph& graph) {
  int count = 0;
  for (const Node& node : graph.nodes()) count += node.Is<T>() ? 1 : 0;
  return count;
}

/// Returns the first node of a kind; there must be one.
template <typename T>
const Node& First(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.Is<T>()) return node;
  }
  Check(false, "no such node");
  return graph.nodes().front();
}

}  // namespace qconvert
