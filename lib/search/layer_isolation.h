// Single layers of a finished file between its network's: one alone as the file computes it, all
// others in float, or one alone in float, all others as in the file. Stands on
// evaluation/transplant.h; convert/diagnose_layers.h measures what comes of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/evaluation/transplant.h"

namespace qconvert {

/// Makes networks of the layers of two. What is referred to must outlive it.
class LayerIsolation {
 public:
  /// Graphs with their constants: the float network, and a file of it that is ready to run.
  LayerIsolation(const Graph& reference, const Graph& candidate);

  /// Returns the reference's nodes whose results both networks compute, but those that the
  /// candidate computes in float and without weights, in the order of the graph.
  const std::vector<const Node*>& nodes() const { return nodes_; }

  /// Returns the reference, but that the candidate computes what these nodes compute.
  Graph Alone(const std::vector<std::string>& nodes) const;
  /// Returns the candidate, but that the reference computes what these nodes compute: what
  /// --exclude makes of it, but for biases that are corrected anew.
  Graph Restored(const std::vector<std::string>& nodes) const;

 private:
  const Graph& reference_;
  const Graph& candidate_;
  std::vector<SharedTensor> in_reference_, in_candidate_;  // by which of the two is the host
  std::multimap<std::string, SharedTensor> of_node_;       // the reference is the host
  std::vector<const Node*> nodes_;
};

}  // namespace qconvert
