// One node of a graph: an operator applied to tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/graph/operators.h"
#include "lib/graph/tensor.h"

namespace qconvert {

/// An operator with its operands. The Graph owns it and keeps its edges; see graph.h.
class Node {
 public:
  Node(std::string node_name, Operator node_op, std::vector<TensorId> inputs,
       std::vector<TensorId> outputs)
      : name(std::move(node_name)),
        origin(name),
        op(std::move(node_op)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)) {}

  std::string name;    ///< unique in its graph, which sees to it
  std::string origin;  ///< the name it was made with: the ONNX node's, or that of a tensor
  Operator op;

  /// Returns the same operator on other tensors, under the same names.
  Node On(std::vector<TensorId> inputs, std::vector<TensorId> outputs) const {
    Node node = *this;
    node.inputs_ = std::move(inputs);
    node.outputs_ = std::move(outputs);
    return node;
  }

  /// Returns the attributes when the node is of this kind, else null.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&op);
  }
  template <typename T>
  T* As() {
    return std::get_if<T>(&op);
  }
  template <typename T>
  bool Is() const {
    return std::holds_alternative<T>(op);
  }
  std::string_view kind() const { return OperatorName(op); }

  const std::vector<TensorId>& inputs() const { return inputs_; }
  const std::vector<TensorId>& outputs() const { return outputs_; }
  TensorId input(size_t i) const { return i < inputs_.size() ? inputs_[i] : kNoTensor; }
  TensorId output() const { return outputs_.front(); }
  bool has_input(size_t i) const { return input(i) != kNoTensor; }

 private:
  friend class Graph;
  std::vector<TensorId> inputs_;
  std::vector<TensorId> outputs_;
  int64_t link_ = 0;  // its number among the links of its graph
};

}  // namespace qconvert
