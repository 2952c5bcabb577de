// A node with its tensors, as the figures of node_numbers.h see it: ShapeFigures and GridFigures
// compute them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/tflite/node_attributes.h"

namespace qconvert {

using Numbers = std::vector<double>;

/// A node and the tensors that it reads and writes, without absent operands.
class NodeView {
 public:
  NodeView(const Graph& graph, const Node& node);

  const Node& node() const { return node_; }
  const std::vector<const Tensor*>& operands() const { return operands_; }
  const std::vector<const Tensor*>& results() const { return results_; }
  const Tensor& operand() const { return *operands_.front(); }
  const Tensor& result() const { return *results_.front(); }

  /// Returns the second operand, such as weights; null where there is none.
  const Tensor* Second() const { return operands_.size() > 1 ? operands_[1] : nullptr; }

  /// Returns the operands and then the results.
  std::vector<const Tensor*> Tensors() const;

  /// Returns AttributeNumbers of the node.
  Numbers Attribute(std::string_view name) const { return AttributeNumbers(name, node_); }

  /// Returns the shape of the first operand with three axes at least: height, width and depth are
  /// the last ones.
  Shape Spatial() const;

  /// Returns whether an operand is known before the network runs: a constant, or one of 8-bit or
  /// half-precision numbers that becomes float first.
  bool IsKnown(TensorId id) const;

 private:
  const Graph& graph_;
  const Node& node_;
  std::vector<const Tensor*> operands_, results_;
};

/// A number that is computed from a node.
struct Figure {
  std::string_view name;           ///< as a profile writes it: "kernel_area"
  std::string_view words;          ///< as a reason writes it: "kernel area"
  Numbers (*of)(const NodeView&);  ///< empty where it has no meaning for the node
};

/// Returns the figures of shapes, windows and axes.
std::span<const Figure> ShapeFigures();

/// Returns the figures of operands and of how they are quantized.
std::span<const Figure> GridFigures();

}  // namespace qconvert
