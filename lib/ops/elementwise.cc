#include "lib/ops/elementwise.h"

#include <algorithm>

namespace qconvert {

const Tensor& RequireInput(std::span<const Tensor* const> inputs, size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) {
    Fail(ErrorKind::kUnusable, "input " + std::to_string(i) + " is missing");
  }
  return *inputs[i];
}

namespace {

// Other types are for movement, or stand for real numbers.
void RequireNumbers(const Node& node, const Tensor& operand) {
  const bool number = operand.is_float() || operand.type == ElementType::kInt32 ||
                      operand.type == ElementType::kInt64;
  if (!number && !operand.quant) FailOnType(node, operand.type);
}

// Kernels count on the number of operands: more, which only a damaged file has, they would misread.
void RequireCount(std::span<const Tensor* const> inputs, size_t count) {
  if (inputs.size() <= count) return;
  Fail(ErrorKind::kUnusable, "takes " + std::to_string(count) +
                                 (count == 1 ? " operand" : " operands") + ", it has " +
                                 std::to_string(inputs.size()));
}

}  // namespace

void InferUnary(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  RequireCount(inputs, 1);
  const Tensor& input = RequireInput(inputs, 0);
  RequireNumbers(node, input);
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
}

void InferBroadcast(const Node&, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  RequireCount(inputs, 2);
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

bool IsInt8PerLayer(const Tensor& tensor) {
  return tensor.type == ElementType::kInt8 && tensor.quant && !tensor.quant->per_channel() &&
         tensor.quant->scales.size() == 1 && tensor.quant->zero_points.size() == 1;
}

AffineParams LayerParams(const TensorView& view) {
  if (!IsInt8PerLayer(*view.tensor)) {
    Fail(ErrorKind::kUnsupported, "tensor '" + view.tensor->name +
                                      "' must be int8 with one scale, it is " +
                                      std::string(ElementTypeName(view.type())) + " with " +
                                      std::to_string(view.quant().scales.size()));
  }
  const AffineParams params{view.quant().scale(), view.quant().zero_point()};
  if (params.zero_point < kInt8Limits.min || params.zero_point > kInt8Limits.max) {
    Fail(ErrorKind::kUnusable,
         "tensor '" + view.tensor->name + "' has zero point " + std::to_string(params.zero_point));
  }
  return params;
}

Range ActivationRange(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::kRelu:
      return {0, kInfinity};
    case Activation::kReluN1To1:
      return {-1, 1};
    case Activation::kRelu6:
      return {0, 6};
    default:
      return {-kInfinity, kInfinity};
  }
}

Range ClampRange(const Operator& op) {
  if (const auto* clip = std::get_if<Clip>(&op)) return {clip->min, clip->max};
  if (std::holds_alternative<Relu>(op)) return ActivationRange(Activation::kRelu);
  if (std::holds_alternative<Relu6>(op)) return ActivationRange(Activation::kRelu6);
  if (std::holds_alternative<ReluN1To1>(op)) return ActivationRange(Activation::kReluN1To1);
  if (std::holds_alternative<Relu0To1>(op) || std::holds_alternative<HardSigmoid>(op)) {
    return {0, 1};
  }
  return ActivationRange(FusedActivation(op));
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

int Int8Version2(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt8 ? 2 : 1;
}

bool BroadcastsBeyondRank4(const TfliteWriteContext& context) {
  const Shape& a = context.Input(0).shape;
  const Shape& b = context.Input(1).shape;
  return a != b && std::max(a.size(), b.size()) > 4;
}

}  // namespace qconvert
