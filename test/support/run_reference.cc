#include "test/support/run_reference.h"

#include <algorithm>
#include <map>

#include "lib/ops/op.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using Values = std::map<TensorId, Tensor>;

const Tensor* Find(const Graph& graph, const Values& values, TensorId id) {
  if (id == kNoTensor) return nullptr;
  const auto found = values.find(id);
  return found == values.end() ? &graph.tensor(id) : &found->second;
}

bool IsQuantized(const TensorView& view) { return view && view.tensor->quant.has_value(); }

bool IsInt16(const TensorView& view) {
  return IsQuantized(view) && view.type() == ElementType::kInt16;
}

void RunNode(const Graph& graph, const Node& node, Values& values) {
  std::vector<TensorView> inputs, outputs;
  for (TensorId id : node.inputs()) {
    const Tensor* input = Find(graph, values, id);
    if (input != nullptr) Check(input->is_constant(), "read before it is computed: " + input->name);
    inputs.push_back({input, input == nullptr
                                 ? nullptr
                                 : const_cast<std::byte*>(input->constant->bytes.data())});
  }
  for (TensorId id : node.outputs()) {
    Tensor& output = values[id] = graph.tensor(id);
    auto bytes = std::make_shared<std::vector<std::byte>>(output.bytes());
    outputs.push_back({&output, bytes->data()});
    output.constant = Constant{bytes, *bytes};
  }
  const bool quantized = std::any_of(inputs.begin(), inputs.end(), IsQuantized) ||
                         std::any_of(outputs.begin(), outputs.end(), IsQuantized);
  const Op& op = OpOf(node);
  const bool wide = std::any_of(inputs.begin(), inputs.end(), IsInt16) ||
                    std::any_of(outputs.begin(), outputs.end(), IsInt16);
  const ReferenceFunction run = wide        ? op.reference_int16
                                : quantized ? op.reference_int8
                                            : op.evaluate;
  Check(run != nullptr, "no reference for " + std::string(op.name));
  run(node, inputs, outputs);
}

}  // namespace

std::vector<Tensor> RunReference(const Graph& graph, const std::vector<Tensor>& inputs) {
  Check(inputs.size() == graph.inputs.size(), "wrong number of inputs");
  Values values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Check(inputs[i].shape == graph.tensor(graph.inputs[i]).shape, "input of the wrong shape");
    values[graph.inputs[i]] = inputs[i];
  }
  for (const Node& node : graph.nodes()) RunNode(graph, node, values);
  std::vector<Tensor> outputs;
  for (TensorId id : graph.outputs) outputs.push_back(*Find(graph, values, id));
  return outputs;
}

std::vector<Tensor> RandomInputs(const Graph& graph, uint64_t seed, float min, float max) {
  std::vector<Tensor> inputs;
  for (TensorId id : graph.inputs) {
    inputs.push_back(RandomTensor(graph.tensor(id), seed + inputs.size(), min, max));
  }
  return inputs;
}

std::vector<float> RunFloat(const Graph& graph, const std::vector<Tensor>& inputs, size_t i) {
  return ToVector<float>(RunReference(graph, inputs).at(i));
}

}  // namespace qconvert
