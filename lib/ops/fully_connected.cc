// FULLY_CONNECTED; ONNX's Gemm.
#include <cmath>
#include <type_traits>

#include "tflite_generated.h"

#include "lib/kernels/matmul.h"
#include "lib/math/quantize.h"
#include "lib/ops/activation.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/weighted_sum.h"

namespace qconvert {
namespace {

void InferFullyConnected(const Node& node, std::span<const Tensor* const> inputs,
                         std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const Tensor& weights = RequireInput(inputs, 1);
  if (input.rank() < 1 || weights.rank() != 2 || input.shape.back() != weights.shape[1]) {
    Fail(ErrorKind::kUnusable, "weights of shape " + ToText(weights.shape) +
                                   " do not fit an operand of shape " + ToText(input.shape));
  }
  CheckWeighted(node, inputs, weights.shape[0]);
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
  outputs[0].shape.back() = weights.shape[0];
}

void EvaluateFullyConnected(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto count = static_cast<size_t>(inputs[1].shape()[0]);
  const auto depth = static_cast<size_t>(inputs[1].shape()[1]);
  const RealSums arithmetic(node, inputs, count);
  const float* input = inputs[0].Values<float>().data();
  const float* weights = inputs[1].Values<float>().data();
  const auto result = outputs[0].Values<float>();
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t row = i / count, o = i % count;
    result[i] =
        arithmetic.Finish(arithmetic.Dot(input + row * depth, weights + o * depth, depth, o), o);
  }
}

/// Unlike convolutions, LiteRT's reference multiplies by a double and rounds once.
template <typename T>
void FullyConnectedSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  using Total = typename StepSums<T>::Bias;
  const auto count = static_cast<size_t>(inputs[1].shape()[0]);
  const auto depth = static_cast<size_t>(inputs[1].shape()[1]);
  const AffineParams from = LayerParams(inputs[0]), to = LayerParams(outputs[0]);
  const std::vector<double> ratios =
      RescalingRatios(from.scale, WeightParams(inputs[1], count), to.scale, count);
  const std::vector<Total> bias = BiasOf<Total>(inputs, count);
  const IntegerLimits limits = ResultLimits(FusedActivation(node.op), to, kLimitsOf<T>);
  const std::vector<int32_t> weight_zeros = WeightZeros(inputs[1], count);
  const T* input = inputs[0].Values<T>().data();
  const int8_t* weights = inputs[1].Values<int8_t>().data();
  const auto result = outputs[0].Values<T>();
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t row = i / count, o = i % count;
    const auto sum =
        DotSteps(input + row * depth, from.zero_point, weights + o * depth, weight_zeros[o], depth);
    using Wrapping = std::make_unsigned_t<Total>;
    const auto total =
        static_cast<Total>(static_cast<Wrapping>(sum) + static_cast<Wrapping>(bias[o]));
    const double steps = std::round(static_cast<double>(total) * ratios[o]) + to.zero_point;
    result[i] = static_cast<T>(std::clamp<double>(steps, limits.min, limits.max));
  }
}

/// A constant that adds one number to each of `outputs` columns can be a bias.
bool IsBias(const Tensor& tensor, int64_t outputs) {
  return tensor.is_constant() && tensor.rank() > 0 && tensor.shape.back() == outputs &&
         tensor.elements() == outputs;
}

/// alpha A' B' + beta C; A' and B' are transposed where transA and transB say so.
void ReadGemm(OnnxNode& onnx) {
  const bool transpose_a = onnx.Int("transA", 0) != 0, transpose_b = onnx.Int("transB", 0) != 0;
  if (onnx.InputTensor(0).rank() != 2 || onnx.InputTensor(1).rank() != 2) {
    Fail(ErrorKind::kUnusable, "Gemm multiplies matrices, not " +
                                   ToText(onnx.InputTensor(0).shape) + " by " +
                                   ToText(onnx.InputTensor(1).shape));
  }
  const float alpha = onnx.Float("alpha", 1), beta = onnx.Float("beta", 1);
  const TensorId c =
      onnx.HasInput(2) && beta != 0 ? EmitScaled(onnx, onnx.Input(2), beta) : kNoTensor;
  const TensorId b = onnx.Input(1);
  TensorId result = kNoTensor;
  if (onnx.tensor(b).is_constant()) {
    const TensorId weights =
        EmitScaled(onnx, transpose_b ? b : onnx.EmitTranspose(b, {1, 0}), alpha);
    const TensorId a = transpose_a ? onnx.EmitTranspose(onnx.Input(0), {1, 0}) : onnx.Input(0);
    std::vector<TensorId> inputs = {a, weights};
    const int64_t outputs = onnx.tensor(weights).shape[0];
    if (c != kNoTensor && IsBias(onnx.tensor(c), outputs)) {
      inputs.push_back(onnx.EmitReshape(c, {outputs}));
    }
    result = onnx.Emit(FullyConnected{}, inputs);
    if (inputs.size() == 3) return onnx.SetOutput(0, result);
  } else {
    result = EmitScaled(onnx, onnx.Emit(BatchMatMul{transpose_a, transpose_b}, {onnx.Input(0), b}),
                        alpha);
  }
  onnx.SetOutput(0, c == kNoTensor ? result : onnx.Emit(Add{}, {result, c}));
}

/// With keep_num_dims the result keeps the operand's axes; without, it has two.
bool KeepsAxes(const TfliteWriteContext& context) { return context.Input(0).rank() != 2; }

/// Returns whether LiteRT rounds the activations while it runs.
bool IsDynamic(const TfliteWriteContext& context) {
  return context.Input(0).is_float() && context.Input(1).quant;
}

int FullyConnectedVersion(const TfliteWriteContext& context) {
  if (IsDynamic(context)) return 12;
  if (context.Input(1).type == ElementType::kInt4) return 10;
  if (context.Input(0).type == ElementType::kInt16) return 7;
  if (!context.node().has_input(2)) return 6;
  if (KeepsAxes(context)) return 5;
  return context.Input(0).type == ElementType::kInt8 ? 4 : 1;
}

void WriteFullyConnected(TfliteWriteContext& context) {
  const Activation activation = context.node().As<FullyConnected>()->activation;
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_FullyConnectedOptions,
                     tflite::CreateFullyConnectedOptions(
                         builder, static_cast<tflite::ActivationFunctionType>(ToTflite(activation)),
                         tflite::FullyConnectedOptionsWeightsFormat_DEFAULT, KeepsAxes(context),
                         /*asymmetric_quantize_inputs=*/IsDynamic(context))
                         .o);
}

Operator ReadTfliteFullyConnected(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::FullyConnectedOptions*>(
      context.Options(tflite::BuiltinOptions_FullyConnectedOptions));
  if (options == nullptr) context.Refuse("its options are missing");
  if (options->weights_format() != tflite::FullyConnectedOptionsWeightsFormat_DEFAULT) {
    context.Refuse("shuffled weights");
  }
  if (context.Input(0).rank() != context.Output(0).rank()) {
    context.Refuse("it changes the number of axes from " + std::to_string(context.Input(0).rank()) +
                   " to " + std::to_string(context.Output(0).rank()));
  }
  return FullyConnected{ActivationFromTflite(options->fused_activation_function())};
}

constexpr OnnxSpelling kFullyConnectedOnnx[] = {{"Gemm", 7, ReadGemm}};

}  // namespace

constinit const Op kFullyConnected = {
    .name = FullyConnected::kName,
    .onnx = kFullyConnectedOnnx,
    .operands = {2, 3},
    .infer = InferFullyConnected,
    .evaluate = EvaluateFullyConnected,
    .backward = FullyConnectedBackward,
    .quant = {.operands = {Calibrated(), Weight(0), Bias()}, .result = Calibrated()},
    .dynamic = {.scales = DynamicRule::kRow, .in_xnnpack = true},
    .int4_weights = true,
    .asymmetric_layer_weights = true,
    .scale_rule = WeightedScaleRule,
    .reference_int8 = FullyConnectedSteps<int8_t>,
    .reference_int16 = FullyConnectedSteps<int16_t>,
    .prepare_float = PrepareFullyConnectedFloat,
    .prepare_int8 = PrepareFullyConnectedInt8,
    .axes = LastAxis(),
    .multiply_adds = WeightedMultiplyAdds,
    .tflite = {.code = tflite::BuiltinOperator_FULLY_CONNECTED,
               .runtimes = "1.5.0 1.10.0 1.14.0 1.14.0 2.0.0 2.1.0 2.3.0 2.3.0 2.3.0 2.11.0 "
                           "2.15.0 2.17.0",
               .version = FullyConnectedVersion,
               .write = WriteFullyConnected,
               .read = ReadTfliteFullyConnected},
};

}  // namespace qconvert
