// SOFTMAX and LOG_SOFTMAX over the last axis.
#include "lib/math/softmax.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/softmax.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/records.h"
#include "lib/ops/weighted_sum.h"

namespace qconvert {
namespace {

constexpr float kResultScale = 1.0F / 256;
constexpr int32_t kResultZeroPoint = -128;
constexpr float kWideResultScale = 1.0F / 32768;  // of int16

void InferSoftmax(const Node& node, std::span<const Tensor* const> inputs,
                  std::span<Tensor> outputs) {
  InferUnary(node, inputs, outputs);
  if (inputs[0]->rank() == 0) Fail(ErrorKind::kUnusable, "a softmax of a scalar");
  const auto* softmax = node.As<Softmax>();
  if (softmax != nullptr && !(softmax->beta > 0 && std::isfinite(softmax->beta))) {
    Fail(ErrorKind::kUnusable, "a beta of " + std::to_string(softmax->beta));
  }
  const ElementType type = inputs[0]->type;
  if (type != ElementType::kFloat32 && type != ElementType::kInt8 &&
      !(softmax != nullptr && type == ElementType::kInt16)) {
    FailOnType(node, type);
  }
}

/// Calls visit(input, output) for each row of `columns` values.
template <typename T, typename Visit>
void ForEachRow(TensorViews inputs, TensorViews outputs, Visit visit) {
  const auto columns = static_cast<size_t>(inputs[0].shape().back());
  const auto input = inputs[0].Values<T>(), output = outputs[0].Values<T>();
  for (size_t at = 0; at < input.size(); at += columns) {
    visit(input.subspan(at, columns), output.subspan(at, columns));
  }
}

void EvaluateSoftmax(const Node& node, TensorViews inputs, TensorViews outputs) {
  const float beta = node.As<Softmax>()->beta;
  ForEachRow<float>(inputs, outputs, [&](std::span<const float> x, std::span<float> y) {
    const float largest = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = std::exp((x[i] - largest) * beta);
      sum += static_cast<double>(y[i]);
    }
    for (float& value : y) value = static_cast<float>(static_cast<double>(value) / sum);
  });
}

void EvaluateLogSoftmax(const Node&, TensorViews inputs, TensorViews outputs) {
  ForEachRow<float>(inputs, outputs, [](std::span<const float> x, std::span<float> y) {
    const float largest = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (float value : x) sum += std::exp(static_cast<double>(value - largest));
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = static_cast<float>(static_cast<double>(x[i] - largest) - std::log(sum));
    }
  });
}

/// Calls add(y, by_y, by_x) for each row of a result, its gradient and that of the operand.
template <typename Add>
void ForEachGradientRow(const NodeGradients& gradients, Add add) {
  if (!Wants(gradients, 0)) return;
  const auto columns = static_cast<size_t>(gradients.outputs[0].shape().back());
  const std::span<const float> y = gradients.outputs[0].Values<float>();
  for (size_t at = 0; at < y.size(); at += columns) {
    add(y.subspan(at, columns), gradients.by_outputs[0].subspan(at, columns),
        gradients.by_inputs[0].subspan(at, columns));
  }
}

/// dL/dx = beta y (dL/dy - sum(dL/dy y))
void SoftmaxBackward(const Node& node, const NodeGradients& gradients) {
  const double beta{node.As<Softmax>()->beta};
  ForEachGradientRow(gradients, [&](auto y, auto by_y, auto by_x) {
    const double sum = Dot(by_y.data(), y.data(), y.size());
    for (size_t i = 0; i < y.size(); ++i) {
      by_x[i] += static_cast<float>(beta * double{y[i]} * (double{by_y[i]} - sum));
    }
  });
}

/// dL/dx = dL/dy - exp(y) sum(dL/dy)
void LogSoftmaxBackward(const Node&, const NodeGradients& gradients) {
  ForEachGradientRow(gradients, [](auto y, auto by_y, auto by_x) {
    const double sum = std::accumulate(by_y.begin(), by_y.end(), 0.0);
    for (size_t i = 0; i < y.size(); ++i) {
      by_x[i] += static_cast<float>(double{by_y[i]} - std::exp(double{y[i]}) * sum);
    }
  });
}

void SoftmaxInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (LayerParams(outputs[0]) != AffineParams{kResultScale, kResultZeroPoint}) {
    Fail(ErrorKind::kUnusable, "the result of an int8 Softmax has scale 1/256, zero point -128");
  }
  const SoftmaxScaling scaling =
      PrepareSoftmax(LayerParams(inputs[0]).scale, node.As<Softmax>()->beta);
  ForEachRow<int8_t>(inputs, outputs, [&](std::span<const int8_t> x, std::span<int8_t> y) {
    SoftmaxRow(scaling, x, y);
  });
}

void SoftmaxInt16(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (LayerParams(outputs[0]) != AffineParams{kWideResultScale, 0}) {
    Fail(ErrorKind::kUnusable, "the result of an int16 Softmax has scale 1/32768");
  }
  const WideSoftmax softmax(LayerParams(inputs[0]).scale, node.As<Softmax>()->beta);
  ForEachRow<int16_t>(inputs, outputs,
                      [&](std::span<const int16_t> x, std::span<int16_t> y) { softmax.Row(x, y); });
}

/// beta x scale is written with 26 fractional bits and must be above one of them
/// (kernels/internal/quantization_util.cc, PreprocessSoftmaxScaling).
const char* SoftmaxScaleRule(const Node& node, const NodeParams& params) {
  const double beta{node.As<Softmax>()->beta};
  if (params.wide) {
    return WhyNotRescaled(WideSoftmax::Ratio(params.operands[0]->scale(), node.As<Softmax>()->beta),
                          StepMultipliers(params));
  }
  const bool holds = beta * double{params.operands[0]->scale()} > 0x1p-26;
  return holds ? nullptr : "its operand has steps too small for LiteRT";
}

/// Before opset 13 the operand is flattened to two dimensions at `axis`; from 13 on `axis` is one
/// axis.
template <typename Kind>
void ReadSoftmax(OnnxNode& onnx) {
  const TensorId input = onnx.Input(0);
  const Shape shape = onnx.tensor(input).shape;
  const bool flattens = onnx.opset() < 13;
  const int axis = NormalizeAxis(onnx.Int("axis", flattens ? 1 : -1), shape.size());
  const int last = static_cast<int>(shape.size()) - 1;
  if (axis == last) return onnx.EmitOutput(Kind{}, {input});
  if (flattens) {
    const int64_t columns =
        std::accumulate(shape.begin() + axis, shape.end(), int64_t{1}, std::multiplies<>());
    const int64_t rows = columns == 0 ? 0 : NumElements(shape) / columns;
    const TensorId flat = onnx.EmitReshape(input, {rows, columns});
    return onnx.SetOutput(0, onnx.EmitReshape(onnx.Emit(Kind{}, {flat}), shape));
  }
  std::vector<int> perm(shape.size());
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(axis)], perm[static_cast<size_t>(last)]);
  const TensorId moved = onnx.EmitTranspose(input, perm);
  onnx.SetOutput(0, onnx.EmitTranspose(onnx.Emit(Kind{}, {moved}), perm));
}

constexpr OnnxSpelling kSoftmaxOnnx[] = {{"Softmax", 1, ReadSoftmax<Softmax>}};
constexpr OnnxSpelling kLogSoftmaxOnnx[] = {{"LogSoftmax", 1, ReadSoftmax<LogSoftmax>}};

void WriteSoftmax(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const float beta = context.node().As<Softmax>()->beta;
  context.SetOptions(tflite::BuiltinOptions_SoftmaxOptions,
                     tflite::CreateSoftmaxOptions(builder, beta).o);
}

Operator ReadTfliteSoftmax(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::SoftmaxOptions*>(
      context.Options(tflite::BuiltinOptions_SoftmaxOptions));
  return Softmax{options == nullptr ? 1.0F : options->beta()};
}

}  // namespace

constinit const Op kSoftmax = {.name = Softmax::kName,
                               .onnx = kSoftmaxOnnx,
                               .infer = InferSoftmax,
                               .evaluate = EvaluateSoftmax,
                               .backward = SoftmaxBackward,
                               .quant = {.operands = {Calibrated()},
                                         .result = Fixed({kResultScale, kResultZeroPoint},
                                                         {kWideResultScale, 0})},  // 1.0 saturates
                               .scale_rule = SoftmaxScaleRule,
                               .reference_int8 = SoftmaxInt8,
                               .reference_int16 = SoftmaxInt16,
                               .prepare_float = PrepareSoftmaxFloat,
                               .prepare_int8 = PrepareSoftmaxInt8,
                               .axes = LastAxis(),
                               .compares_values = true,
                               .tflite = {.code = tflite::BuiltinOperator_SOFTMAX,
                                          .runtimes = "1.5.0 1.14.0 2.3.0",
                                          .version = VersionOfWidth,
                                          .write = WriteSoftmax,
                                          .read = ReadTfliteSoftmax}};

// No integer kernel by choice: LiteRT's ends at -15.94, which sharp heads pass.
constinit const Op kLogSoftmax = {
    .name = LogSoftmax::kName,
    .onnx = kLogSoftmaxOnnx,
    .infer = InferSoftmax,
    .evaluate = EvaluateLogSoftmax,
    .backward = LogSoftmaxBackward,
    .quant = {.operands = {Calibrated()}, .result = Fixed({16.0F / 256, 127})},
    .axes = LastAxis(),
    .compares_values = true,
    .tflite = {.code = tflite::BuiltinOperator_LOG_SOFTMAX,
               .runtimes = "1.14.0 1.14.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_LogSoftmaxOptions,
                                          tflite::CreateLogSoftmaxOptions>}};

}  // namespace qconvert
