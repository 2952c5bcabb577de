// What the records of element-by-element operators share: inference, loops over broadcast operands,
// quantized parameters, ONNX readers and option writers.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/kernels/broadcast.h"
#include "lib/kernels/elementwise.h"
#include "lib/kernels/layer_params.h"
#include "lib/math/affine.h"
#include "lib/ops/op.h"

namespace qconvert {

/// Gives the only output the type and shape of the only operand.
///   Throws Error(kUnsupported) unless it is float32, int32, int64 or quantized.
void InferUnary(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs);

/// Gives the only output the type of both operands and the shape they broadcast to.
///   Throws Error(kUnusable) when types differ or shapes do not broadcast.
void InferBroadcast(const Node& node, std::span<const Tensor* const> inputs,
                    std::span<Tensor> outputs);

/// Like InferBroadcast, for types that InferUnary takes.
void InferBinary(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs);

/// Like InferBinary or for bools, with a bool result.
void InferComparison(const Node& node, std::span<const Tensor* const> inputs,
                     std::span<Tensor> outputs);

/// Returns operand `i`.
///   Throws Error(kUnusable) when it is not given.
const Tensor& RequireInput(std::span<const Tensor* const> inputs, size_t i);

/// Throws Error(kUnsupported) unless an operand is float32, int32, int64 or stands for real
/// numbers.
void RequireNumbers(const Node& node, const Tensor& operand);

/// Throws Error(kUnsupported) unless an operand is float32 or stands for real numbers.
void RequireReals(const Node& node, const Tensor& operand);

/// Throws Error(kUnsupported): no plain loop computes with this type.
[[noreturn]] void FailOnType(const Node& node, ElementType type);

/// Calls visit(T{}) with the C++ type of a float32, int32 or int64 tensor.
///   Throws Error(kUnsupported) for the other types.
template <typename Visit>
void VisitNumber(const Node& node, ElementType type, Visit visit) {
  switch (type) {
    case ElementType::kFloat32:
      return visit(float{});
    case ElementType::kInt32:
      return visit(int32_t{});
    case ElementType::kInt64:
      return visit(int64_t{});
    default:
      FailOnType(node, type);
  }
}

/// Sets result = function(a, b) for every element, with broadcasting.
template <typename Operand, typename Result, typename Function>
void Broadcast(TensorViews inputs, TensorViews outputs, Function function) {
  const auto a = inputs[0].Values<Operand>();
  const auto b = inputs[1].Values<Operand>();
  const auto result = outputs[0].Values<Result>();
  ForEachBroadcast<2>(
      outputs[0].shape(), {inputs[0].shape(), inputs[1].shape()},
      [&](size_t i, const std::array<size_t, 2>& at) { result[i] = function(a[at[0]], b[at[1]]); });
}

/// Sets result = function(x) for every element of a float32 tensor.
template <typename Function>
void Transform(const Node& node, TensorViews inputs, TensorViews outputs, Function function) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  const auto x = inputs[0].Values<float>();
  const auto result = outputs[0].Values<float>();
  for (size_t i = 0; i < x.size(); ++i) result[i] = function(x[i]);
}

/// Evaluates a function of one float32.
template <float (*kFunction)(float)>
void EvaluateFunction(const Node& node, TensorViews inputs, TensorViews outputs) {
  Transform(node, inputs, outputs, kFunction);
}

/// The Op::homogeneous of operators that are so whatever their attributes.
inline bool IsAlwaysHomogeneous(const Node&, const Tensor&) { return true; }

/// A prepare_float: the loop over rows, ended by the fused activation.
template <FloatLoop kLoop>
std::unique_ptr<Kernel> PrepareRows(const PrepareContext& context) {
  const Range clamp = ActivationRange(FusedActivation(context.node->op));
  return PrepareFloatRows(context, {.loop = kLoop, .clamp = clamp});
}

/// A prepare_int8: the loop over rows.
template <Int8Loop kLoop>
std::unique_ptr<Kernel> PrepareInt8(const PrepareContext& context) {
  return PrepareInt8Rows(context, kLoop);
}

// ONNX readers of operators that have the same operands here.
template <typename Kind>
void ReadUnary(OnnxNode& onnx) {
  onnx.EmitOutput(Kind{}, {onnx.Input(0)});
}
template <typename Kind>
void ReadBinary(OnnxNode& onnx) {
  onnx.EmitOutput(Kind{}, {onnx.Input(0), onnx.Input(1)});
}
/// Reads an operator of any number of operands as a chain.
template <typename Kind>
TensorId EmitChain(OnnxNode& onnx) {
  TensorId result = onnx.Input(0);
  for (size_t i = 1; i < onnx.input_count(); ++i) {
    result = onnx.Emit(Kind{}, {result, onnx.Input(i)});
  }
  return result;
}
template <typename Kind>
void ReadChain(OnnxNode& onnx) {
  onnx.SetOutput(0, EmitChain<Kind>(onnx));
}
/// Adds a one-element constant of the operand's type, float32 or integer.
TensorId AddScalar(OnnxNode& onnx, ElementType type, float value);
/// Emits factor x; x itself when the factor is 1.
TensorId EmitScaled(OnnxNode& onnx, TensorId x, float factor);

/// Writes an options table without fields; kCreate is the generated function.
template <int kType, auto kCreate>
void WriteEmptyOptions(TfliteWriteContext& context) {
  const auto write = [&]<typename Offset, typename Builder>(Offset (*create)(Builder&)) {
    context.SetOptions(kType, create(*static_cast<Builder*>(context.builder())).o);
  };
  write(kCreate);
}

/// Returns 2 for int8 operands, 1 for others: the version of most operators.
int Int8Version2(const TfliteWriteContext& context);

/// Returns 3 for int16 operands, 2 for int8, 1 for others.
int VersionOfWidth(const TfliteWriteContext& context);

/// Returns whether operands of different shapes and more than four dimensions are broadcast.
bool BroadcastsBeyondRank4(const TfliteWriteContext& context);

}  // namespace qconvert
