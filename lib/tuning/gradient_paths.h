// Through which tensors of a graph gradients flow from the loss to the parameters. trained_graph.h
// asks before training begins.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// By tensor id, what lies on a path.
struct GradientPaths {
  std::vector<bool> wanted;   ///< between a parameter and the loss, all operators with a gradient
  std::vector<bool> reaches;  ///< the loss depends on it, all operators between with a gradient
  /// Nodes without a gradient between a parameter and the loss: "argmax (ArgMax)".
  std::vector<std::string> blocking;
};

/// Finds the paths by the operators' records.
///   parameters  tensors without producers
GradientPaths FindGradientPaths(const Graph& graph, std::span<const TensorId> losses,
                                std::span<const TensorId> parameters);

}  // namespace qconvert
