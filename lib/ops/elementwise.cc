#include "lib/ops/elementwise.h"

#include <algorithm>

namespace qconvert {

const Tensor& RequireInput(std::span<const Tensor* const> inputs, size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) {
    Fail(ErrorKind::kUnusable, "input " + std::to_string(i) + " is missing");
  }
  return *inputs[i];
}

void RequireNumbers(const Node& node, const Tensor& operand) {
  const bool number = operand.type == ElementType::kInt32 || operand.type == ElementType::kInt64;
  if (!number) RequireReals(node, operand);
}

void RequireReals(const Node& node, const Tensor& operand) {
  if (!operand.is_float() && !operand.quant) FailOnType(node, operand.type);
}

void InferUnary(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  RequireNumbers(node, input);
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
}

void InferBroadcast(const Node&, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor& a = RequireInput(inputs, 0);
  const Tensor& b = RequireInput(inputs, 1);
  if (a.type != b.type) {
    Fail(ErrorKind::kUnusable, "operands are " + std::string(ElementTypeName(a.type)) + " and " +
                                   std::string(ElementTypeName(b.type)));
  }
  outputs[0].type = a.type;
  outputs[0].shape = BroadcastShapes(a.shape, b.shape);
}

void InferBinary(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  InferBroadcast(node, inputs, outputs);
  RequireNumbers(node, *inputs[0]);
}

void InferComparison(const Node& node, std::span<const Tensor* const> inputs,
                     std::span<Tensor> outputs) {
  InferBroadcast(node, inputs, outputs);
  if (inputs[0]->type != ElementType::kBool) RequireNumbers(node, *inputs[0]);
  outputs[0].type = ElementType::kBool;
}

void FailOnType(const Node& node, ElementType type) {
  Fail(ErrorKind::kUnsupported,
       std::string(node.kind()) + " of " + std::string(ElementTypeName(type)) + " tensors");
}

TensorId AddScalar(OnnxNode& onnx, ElementType type, float value) {
  const std::string name = onnx.name() + "_constant";
  if (type == ElementType::kInt32) {
    return onnx.AddConstant(MakeConstantTensor<int32_t>(name, {}, {static_cast<int32_t>(value)}));
  }
  if (type == ElementType::kInt64) {
    return onnx.AddConstant(MakeConstantTensor<int64_t>(name, {}, {static_cast<int64_t>(value)}));
  }
  return onnx.AddConstant(MakeConstantTensor<float>(name, {}, {value}));
}

TensorId EmitScaled(OnnxNode& onnx, TensorId x, float factor) {
  if (factor == 1) return x;
  return onnx.Emit(Mul{}, {x, AddScalar(onnx, ElementType::kFloat32, factor)});
}

int Int8Version2(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt8 ? 2 : 1;
}

int VersionOfWidth(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt16 ? 3 : Int8Version2(context);
}

bool BroadcastsBeyondRank4(const TfliteWriteContext& context) {
  const Shape& a = context.Input(0).shape;
  const Shape& b = context.Input(1).shape;
  return a != b && std::max(a.size(), b.size()) > 4;
}

}  // namespace qconvert
