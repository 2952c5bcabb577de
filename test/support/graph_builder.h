// Builds graphs for tests, node by node, with shapes and types inferred by the operators' records.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// Writes a graph down in the order in which it computes:
///     GraphBuilder b;
///     const TensorId x = b.Input("x", {1, 8, 8, 3});
///     const TensorId w = b.Random("w", {4, 3, 3, 3});
///     b.Output(b.Emit(Relu{}, {b.Emit(Conv2D{}, {x, w})}, "y"));
///     const Graph graph = b.Build();
class GraphBuilder {
 public:
  TensorId Input(const std::string& name, Shape shape, ElementType type = ElementType::kFloat32);
  /// Adds a graph input that is quantized per layer.
  TensorId Input(const std::string& name, Shape shape, ElementType type, QuantParams quant);

  template <typename T>
  TensorId Constant(const std::string& name, Shape shape, std::vector<T> values) {
    return graph_.AddTensor(MakeConstantTensor(name, std::move(shape), std::move(values)));
  }
  /// Adds a float constant of one element and no axes.
  TensorId Scalar(float value) { return Constant<float>("scalar", {}, {value}); }
  /// Adds a float constant with values from [min, max); the same name gives the same values.
  TensorId Random(const std::string& name, Shape shape, float min = -1, float max = 1);
  /// Adds any tensor, such as a quantized constant.
  TensorId Add(Tensor tensor) { return graph_.AddTensor(std::move(tensor)); }

  /// Adds a node with one output, called `name`; if that is empty, after the operator's kind.
  TensorId Emit(Operator op, std::vector<TensorId> inputs, const std::string& name = "");
  /// Adds a node whose one output is quantized, of the inferred shape.
  TensorId Emit(Operator op, std::vector<TensorId> inputs, const std::string& name,
                ElementType type, QuantParams quant);
  /// Adds a node with several outputs, such as Split.
  std::vector<TensorId> EmitSeveral(Operator op, std::vector<TensorId> inputs, size_t outputs);

  GraphBuilder& Output(TensorId id);

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  Graph Build() const { return graph_; }

 private:
  Graph graph_;
};

}  // namespace qconvert
