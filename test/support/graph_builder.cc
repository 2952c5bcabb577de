#include "test/support/graph_builder.h"

#include <functional>

#include "lib/ops/fold.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// Hashes a name to a seed, the same on every platform (FNV-1a).
uint64_t SeedOf(const std::string& name) {
  uint64_t hash = 14695981039346656037U;
  for (unsigned char c : name) hash = (hash ^ c) * 1099511628211U;
  return hash;
}

}  // namespace

TensorId GraphBuilder::Input(const std::string& name, Shape shape, ElementType type) {
  const TensorId id = graph_.AddTensor({name, type, std::move(shape)});
  graph_.inputs.push_back(id);
  graph_.input_names.push_back(name);
  return id;
}

TensorId GraphBuilder::Input(const std::string& name, Shape shape, ElementType type,
                             QuantParams quant) {
  const TensorId id = Input(name, std::move(shape), type);
  graph_.tensor(id).quant = std::move(quant);
  return id;
}

TensorId GraphBuilder::Random(const std::string& name, Shape shape, float min, float max) {
  const auto count = static_cast<size_t>(NumElements(shape));
  return Constant(name, std::move(shape), RandomFloats(count, SeedOf(name), min, max));
}

TensorId GraphBuilder::Emit(Operator op, std::vector<TensorId> inputs, const std::string& name) {
  const TensorId id = EmitSeveral(std::move(op), std::move(inputs), 1).front();
  if (!name.empty()) {
    graph_.Rename(id, name);
    Node& node = *graph_.Producer(id);
    graph_.Rename(node, graph_.tensor(id).name);
    node.origin = node.name;
  }
  return id;
}

TensorId GraphBuilder::Emit(Operator op, std::vector<TensorId> inputs, const std::string& name,
                            ElementType type, QuantParams quant) {
  const TensorId id = Emit(std::move(op), std::move(inputs), name);
  graph_.tensor(id).type = type;
  graph_.tensor(id).quant = std::move(quant);
  return id;
}

std::vector<TensorId> GraphBuilder::EmitSeveral(Operator op, std::vector<TensorId> inputs,
                                                size_t outputs) {
  std::vector<const Tensor*> operands;
  for (TensorId id : inputs) operands.push_back(id == kNoTensor ? nullptr : &graph_.tensor(id));
  const std::string name(OperatorName(op));
  Node node(name, std::move(op), std::move(inputs), std::vector<TensorId>(outputs, kNoTensor));
  std::vector<Tensor> inferred = InferOutputs(node, operands);
  std::vector<TensorId> ids;
  for (Tensor& tensor : inferred) {
    tensor.name = name;
    ids.push_back(graph_.AddTensor(std::move(tensor)));
  }
  graph_.Append(Node(graph_.tensor(ids.front()).name, node.op, node.inputs(), ids));
  return ids;
}

GraphBuilder& GraphBuilder::Output(TensorId id) {
  graph_.outputs.push_back(id);
  graph_.output_names.push_back(graph_.tensor(id).name);
  return *this;
}

}  // namespace qconvert
