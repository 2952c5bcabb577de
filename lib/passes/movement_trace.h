// Follows Transposes and Reshapes through a graph: which tensor's elements another one holds, and
// what moved them. For the passes that move layouts.
#pragma once

#include <vector>

#include "lib/graph/graph.h"
#include "lib/passes/movement.h"

namespace qconvert {

/// Where a tensor's elements come from.
struct Origin {
  TensorId root =
      kNoTensor;      ///< computed, an input or a constant; the tensor itself when not moved
  Movement movement;  ///< from the root to the tensor
};

/// The origins of all tensors of a graph, as it was when they were traced.
class MovementTrace {
 public:
  explicit MovementTrace(const Graph& graph);

  const Origin& operator[](TensorId id) const { return origins_[static_cast<size_t>(id)]; }
  bool IsMoved(TensorId id) const { return (*this)[id].root != id; }
  /// Returns the nodes that read a tensor for more than moving it, in no particular order.
  std::vector<Node*> Readers(const Graph& graph, TensorId id) const;
  /// Returns whether nobody else reads the root of a moved tensor, or what lies between the two.
  bool HoldsAllOfRoot(const Graph& graph, TensorId id) const;

 private:
  std::vector<Origin> origins_;
};

}  // namespace qconvert
