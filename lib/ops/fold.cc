#include "lib/ops/fold.h"

#include <spdlog/fmt/fmt.h>

#include "lib/ops/grid.h"

namespace qconvert {
namespace {

/// Kernels count on the number of operands: a damaged file may have others.
void RequireCounts(const Node& node, std::span<const Tensor* const> inputs) {
  const Op& op = OpOf(node);
  const auto [least, most] = op.operands;
  if (inputs.size() < least || inputs.size() > most) {
    Fail(ErrorKind::kUnusable,
         fmt::format("it has {} operands where {} takes {}", inputs.size(), op.name,
                     most == OperandCount::kAny ? fmt::format("{} and more", least)
                     : least == most            ? fmt::format("{}", least)
                                                : fmt::format("{} to {}", least, most)));
  }
  const size_t needed = most == OperandCount::kAny ? inputs.size() : least;
  for (size_t i = 0; i < needed; ++i) {
    if (inputs[i] == nullptr) Fail(ErrorKind::kUnusable, fmt::format("operand {} is missing", i));
  }
  const size_t results = node.outputs().size();
  if (results == 0 || (results > 1 && !op.several_results)) {
    Fail(ErrorKind::kUnusable, fmt::format("it has {} results", results));
  }
}

bool IsIntegerType(ElementType type) {
  return type == ElementType::kInt4 || type == ElementType::kInt8 || type == ElementType::kUInt8 ||
         type == ElementType::kInt16 || type == ElementType::kInt32 || type == ElementType::kInt64;
}

void VerifyResult(const Op& op, const Tensor& inferred, const Tensor& stored) {
  if (stored.shape != inferred.shape) {
    Fail(ErrorKind::kUnusable, fmt::format("'{}' is {}, inferred {}", stored.name,
                                           ToText(stored.shape), ToText(inferred.shape)));
  }
  const bool fits = op.result_type_is_chosen ? IsIntegerType(stored.type) && stored.quant
                                             : stored.type == inferred.type;
  if (!fits) {
    Fail(ErrorKind::kUnusable,
         fmt::format(
             "'{}' is {}, inferred {}", stored.name, ElementTypeName(stored.type),
             op.result_type_is_chosen ? "a quantized integer" : ElementTypeName(inferred.type)));
  }
}

}  // namespace

std::vector<Tensor> InferOutputs(const Node& node, std::span<const Tensor* const> inputs) {
  RequireCounts(node, inputs);
  std::vector<Tensor> outputs(node.outputs().size());
  OpOf(node).infer(node, inputs, outputs);
  for (const Tensor& output : outputs) NumElements(output.shape);
  return outputs;
}

void VerifyResults(const Graph& graph, const Node& node) {
  std::vector<const Tensor*> operands;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  const std::vector<Tensor> inferred = InferOutputs(node, operands);
  for (size_t i = 0; i < inferred.size(); ++i) {
    VerifyResult(OpOf(node), inferred[i], graph.tensor(node.outputs()[i]));
  }
}

void EvaluateConstants(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs) {
  std::vector<TensorView> input_views, output_views;
  for (const Tensor* input : inputs) {
    std::byte* bytes =
        input == nullptr ? nullptr : const_cast<std::byte*>(input->constant->bytes.data());
    input_views.push_back({input, bytes});
  }
  for (Tensor& output : outputs) {
    auto values = std::make_shared<std::vector<std::byte>>(output.bytes());
    output_views.push_back({&output, values->data()});
    output.constant = Constant{values, *values};
  }
  OpOf(node).evaluate(node, input_views, output_views);
  NoteGrid(node, inputs, outputs[0]);
}

}  // namespace qconvert
