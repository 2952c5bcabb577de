// What of a network grows with a batch: free_batch.cc asks it, and the writer (tflite/), which says
// what tensors may be resized.
#pragma once

#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Which tensors have the samples of a batch along their first axis, each sample's values behind
/// one another.
struct BatchGrowth {
  std::vector<bool> grows;     ///< by tensor id
  const Node* stop = nullptr;  ///< the first node whose samples would mix or whose shape is stated
};

/// Follows a batch from the inputs that are noted as open (graph/open_batch.h), until a node stops
/// it.
BatchGrowth FollowBatch(const Graph& graph);

}  // namespace qconvert
