// How often a tensor will be read by nodes that are not imported yet. import.cc frees weights that
// nobody will read any more, once a node has rearranged them.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "lib/graph/tensor.h"

namespace onnx {
class GraphProto;
}

namespace qconvert {

/// Counts reads by name, then by the tensors that the names are given to.
class PendingReads {
 public:
  /// Counts the reads of a graph's nodes and outputs, and those of its branches. Names that several
  /// branches define count too often: their tensors stay.
  explicit PendingReads(const onnx::GraphProto& graph) { Count(graph); }

  /// Gives a tensor a name, and with it the name's reads.
  void Bind(const std::string& name, TensorId id);

  /// A node has read the tensor.
  void Read(TensorId id) { --by_tensor_[id]; }

  /// Returns whether a node or an output will read the tensor.
  bool Any(TensorId id) const;

 private:
  void Count(const onnx::GraphProto& graph);

  std::unordered_map<std::string, int64_t> by_name_;
  std::unordered_map<TensorId, int64_t> by_tensor_;
};

}  // namespace qconvert
