#include "lib/passes/rewrite.h"

#include <algorithm>
#include <limits>

#include "lib/ops/fold.h"

namespace qconvert {
namespace {

std::vector<const Tensor*> Operands(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> operands;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  return operands;
}

/// Makes a node whose output tensor is added to the graph, but not the node itself.
Node MakeNode(Graph& graph, Operator op, std::vector<TensorId> inputs, const std::string& name) {
  Node node(name, std::move(op), std::move(inputs), {kNoTensor});
  Tensor output = InferOutputs(node, Operands(graph, node)).front();
  if (OpOf(node).quant.KeepsParams()) output.quant = graph.tensor(node.input(0)).quant;
  output.name = name;
  const TensorId id = graph.AddTensor(std::move(output));
  return Node(graph.tensor(id).name, std::move(node.op), node.inputs(), {id});
}

/// Lets a constant that nobody reads any more leave memory before the next is made.
void LetGo(Graph& graph, TensorId id) {
  if (id != kNoTensor && !graph.IsUsed(id)) graph.tensor(id).constant.reset();
}

}  // namespace

TensorId EmitBefore(Graph& graph, const Node& place, Operator op, std::vector<TensorId> inputs,
                    const std::string& name) {
  Node node = MakeNode(graph, std::move(op), std::move(inputs), name);
  return graph.InsertBefore(place, std::move(node)).output();
}

TensorId EmitAfter(Graph& graph, const Node& place, Operator op, std::vector<TensorId> inputs,
                   const std::string& name) {
  Node node = MakeNode(graph, std::move(op), std::move(inputs), name);
  return graph.InsertAfter(place, std::move(node)).output();
}

void Absorb(Graph& graph, const Node& producer, Node& follower) {
  graph.SwapNames(producer.output(), follower.output());
  const auto of_follower = graph.grids.extract(follower.output());
  if (!of_follower.empty()) graph.grids[producer.output()] = of_follower.mapped();
  graph.Replace(follower, producer.output());
}

void ReplaceFloats(Graph& graph, Node& node, size_t i, std::vector<float> values) {
  const TensorId old_id = node.input(i);
  const Tensor old = graph.tensor(old_id);
  const TensorId id = AddFloats(graph, old.name, old.shape, std::move(values));
  graph.SetInput(node, i, id);
  if (!graph.IsUsed(old_id)) graph.SwapNames(old_id, id);
  LetGo(graph, old_id);
}

void Evaluate(Graph& graph, Node& node) {
  std::vector<const Tensor*> operands;
  std::vector<Tensor> results;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  for (TensorId id : node.outputs()) results.push_back(graph.tensor(id));
  EvaluateConstants(node, operands, results);
  for (size_t i = 0; i < results.size(); ++i) {
    const TensorId constant = graph.AddTensor(std::move(results[i]));
    graph.SwapNames(constant, node.outputs()[i]);
    graph.ReplaceUses(node.outputs()[i], constant);
  }
  const std::vector<TensorId> read(node.inputs().begin(), node.inputs().end());
  graph.Remove(node);
  for (TensorId id : read) LetGo(graph, id);
}

void Reinfer(Graph& graph, const Node& node) {
  const std::vector<Tensor> inferred = InferOutputs(node, Operands(graph, node));
  for (size_t i = 0; i < inferred.size(); ++i) {
    Tensor& output = graph.tensor(node.outputs()[i]);
    output.shape = inferred[i].shape;
    if (!output.quant) output.type = inferred[i].type;
  }
}

TensorId AddFloats(Graph& graph, const std::string& name, Shape shape, std::vector<float> values) {
  return graph.AddTensor(MakeConstantTensor(name, std::move(shape), std::move(values)));
}

std::optional<float> ScalarValue(const Graph& graph, TensorId id) {
  if (id == kNoTensor) return {};
  const Tensor& tensor = graph.tensor(id);
  if (!tensor.is_constant() || !tensor.is_float() || tensor.elements() != 1) return {};
  return tensor.Values<float>()[0];
}

std::optional<float> UniformValue(const Graph& graph, TensorId id) {
  if (id == kNoTensor) return {};
  const Tensor& tensor = graph.tensor(id);
  if (!tensor.is_constant() || !tensor.is_float() || tensor.elements() == 0) return {};
  const auto values = tensor.Values<float>();
  const bool uniform =
      std::all_of(values.begin(), values.end(), [&](float value) { return value == values[0]; });
  return uniform ? std::optional(values[0]) : std::nullopt;
}

float LowestReal(const Tensor& tensor) {
  if (!tensor.quant) return std::numeric_limits<float>::lowest();
  const int32_t least = tensor.type == ElementType::kUInt8   ? 0
                        : tensor.type == ElementType::kInt16 ? -32768
                                                             : -128;
  return tensor.quant->scale() * static_cast<float>(least - tensor.quant->zero_point());
}

}  // namespace qconvert
