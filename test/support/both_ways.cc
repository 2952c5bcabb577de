#include "test/support/both_ways.h"

#include "lib/kernels/instructions.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

std::vector<Tensor> RandomOperands(const std::vector<Int8Operand>& operands) {
  std::vector<Tensor> tensors;
  for (const Int8Operand& operand : operands) {
    const auto count = static_cast<size_t>(NumElements(operand.shape));
    const std::string name(1, static_cast<char>('a' + tensors.size()));
    tensors.push_back(MakeConstantTensor(
        name, operand.shape, RandomInt8(count, 1 + tensors.size(), operand.least, operand.most)));
    tensors.back().quant = PerLayer(operand.scale, operand.zero_point);
  }
  return tensors;
}

Tensor Dequantized(const Tensor& tensor) {
  std::vector<float> real(static_cast<size_t>(tensor.elements()));
  DequantizeValues<int8_t>(tensor.Values<int8_t>(),
                           {tensor.quant->scale(), tensor.quant->zero_point()}, real);
  return MakeConstantTensor(tensor.name, tensor.shape, std::move(real));
}

Graph OneNode(const Operator& op, const std::vector<Tensor>& operands, const QuantParams* result) {
  GraphBuilder b;
  std::vector<TensorId> ids;
  for (const Tensor& operand : operands) {
    ids.push_back(operand.quant ? b.Input(operand.name, operand.shape, operand.type, *operand.quant)
                                : b.Input(operand.name, operand.shape));
  }
  b.Output(result == nullptr ? b.Emit(op, ids, "y")
                             : b.Emit(op, ids, "y", ElementType::kInt8, *result));
  return b.Build();
}

}  // namespace

BothWays RunBothWays(const Operator& op, const std::vector<Int8Operand>& operands,
                     const QuantParams& result) {
  const std::vector<Tensor> integers = RandomOperands(operands);
  std::vector<Tensor> reals;
  for (const Tensor& tensor : integers) reals.push_back(Dequantized(tensor));
  const std::vector<float> real = RunFloat(OneNode(op, reals, nullptr), reals);
  BothWays both;
  both.integer = ToVector<int8_t>(RunReference(OneNode(op, integers, &result), integers).front());
  both.real.resize(real.size());
  QuantizeValues<int8_t>(real, {result.scale(), result.zero_point()}, kInt8Limits, both.real);
  return both;
}

std::vector<int8_t> RunFastInt8(const Operator& op, const std::vector<Int8Operand>& operands,
                                const QuantParams& result) {
  const std::vector<Tensor> tensors = RandomOperands(operands);
  const std::optional<Tensor> output = RunFast(OneNode(op, tensors, &result), tensors);
  return output ? ToVector<int8_t>(*output) : std::vector<int8_t>();
}

std::optional<Tensor> RunFast(const Graph& graph, const std::vector<Tensor>& inputs) {
  RestrictInstructions();
  const Node& node = graph.nodes().front();
  Tensor output = graph.tensor(node.output());
  PrepareContext context;
  context.node = &node;
  context.outputs = {&output};
  std::vector<const std::byte*> bytes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    context.inputs.push_back(&graph.tensor(node.input(i)));
    bytes.push_back(inputs[i].constant->bytes.data());
  }
  const PrepareFunction prepare =
      IsInteger(graph, node) ? OpOf(node).prepare_int8 : OpOf(node).prepare_float;
  const auto kernel = prepare == nullptr ? nullptr : prepare(context);
  if (kernel == nullptr) return std::nullopt;
  const auto result = std::make_shared<std::vector<std::byte>>(output.bytes());
  std::vector<std::byte> scratch(kernel->scratch_bytes());
  std::byte* first = result->data();
  kernel->Run({bytes, {&first, 1}, scratch.data()});
  output.constant = Constant{result, *result};
  return output;
}

}  // namespace qconvert
