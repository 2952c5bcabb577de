// LOGISTIC, TANH, ELU and GELU, ONNX's Erf, and the activations that are made of them.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/interpolated_table.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/lookup.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

float TanhOf(float x) { return std::tanh(x); }
float ErfOf(float x) { return std::erf(x); }

// Their derivatives, from x and y = f(x).
float LogisticSlope(float, float y) { return y * (1 - y); }
float TanhSlope(float, float y) { return 1 - y * y; }
float EluSlope(float x, float y) { return x < 0 ? y + 1 : 1; }
float ErfSlope(float x, float) {
  return static_cast<float>(2 * std::numbers::inv_sqrtpi) * std::exp(-x * x);
}

/// Of x F(x), F the normal distribution: F(x) + x F'(x).
float GeluSlope(float x, float) {
  constexpr auto kSqrtHalf = static_cast<float>(std::numbers::sqrt2 / 2);
  constexpr float kDensity = kSqrtHalf * static_cast<float>(std::numbers::inv_sqrtpi);
  return 0.5F * std::erfc(-x * kSqrtHalf) + x * kDensity * std::exp(-0.5F * x * x);
}

/// Of x / 2 (1 + t), t = tanh(u): (1 + t) / 2 + x / 2 (1 - t^2) u'.
float GeluByTanhSlope(float x, float) {
  constexpr auto kFactor = static_cast<float>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  constexpr float kCubic = 0.044715F;
  const float t = std::tanh(kFactor * (x + kCubic * x * x * x));
  const float slope = kFactor * (1 + 3 * kCubic * x * x);
  return 0.5F * (1 + t) + 0.5F * x * (1 - t * t) * slope;
}

void GeluBackward(const Node& node, const NodeGradients& gradients) {
  AddUnary(gradients, node.As<Gelu>()->approximate ? GeluByTanhSlope : GeluSlope);
}

void EvaluateGelu(const Node& node, TensorViews inputs, TensorViews outputs) {
  Transform(node, inputs, outputs, node.As<Gelu>()->approximate ? GeluByTanh : GeluOf);
}

std::unique_ptr<Kernel> PrepareGelu(const PrepareContext& context) {
  const bool approximate = context.node->As<Gelu>()->approximate;
  return PrepareFloatRows(context, {approximate ? FloatLoop::kGeluByTanh : FloatLoop::kGelu});
}

Int8Table GeluTable(const Node& node, AffineParams input, AffineParams result) {
  return TableOf(node.As<Gelu>()->approximate ? GeluByTanh : GeluOf, input, result);
}

// LiteRT tabulates GELU for int16 operands, too, and interpolates.
void GeluInt16(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Int16Table table =
      InterpolatedTableOf<float>(node.As<Gelu>()->approximate ? GeluByTanh : GeluOf,
                                 LayerParams(inputs[0]).scale, 0, LayerParams(outputs[0]).scale);
  const auto x = inputs[0].Values<int16_t>();
  std::transform(x.begin(), x.end(), outputs[0].Values<int16_t>().begin(),
                 [&](int16_t q) { return Interpolate(table, q); });
}

template <Int16Sigmoid::Function kFunction>
void SigmoidInt16(const Node&, TensorViews inputs, TensorViews outputs) {
  const Int16Sigmoid sigmoid(kFunction, LayerParams(inputs[0]).scale);
  const auto x = inputs[0].Values<int16_t>();
  std::transform(x.begin(), x.end(), outputs[0].Values<int16_t>().begin(), sigmoid);
}

const char* SigmoidScaleRule(const Node&, const NodeParams& params) {
  const float scale = params.operands[0]->scale();
  if (!params.wide || (scale >= kLeastSigmoidScale && scale < kLargestSigmoidScale)) return nullptr;
  return "the steps of its operand leave LiteRT's int16 arithmetic";
}

void WriteGelu(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const bool approximate = context.node().As<Gelu>()->approximate;
  context.SetOptions(tflite::BuiltinOptions_GeluOptions,
                     tflite::CreateGeluOptions(builder, approximate).o);
}

Operator ReadGeluTflite(TfliteReadContext& context) {
  const auto* options =
      static_cast<const tflite::GeluOptions*>(context.Options(tflite::BuiltinOptions_GeluOptions));
  return Gelu{options != nullptr && options->approximate()};
}

void ReadGelu(OnnxNode& onnx) {
  onnx.EmitOutput(Gelu{onnx.String("approximate", "none") == "tanh"}, {onnx.Input(0)});
}

// alpha elu(x) below zero and x above, by an ELU whose own alpha is 1.
TensorId EluWithAlpha(OnnxNode& onnx, TensorId x, float alpha) {
  if (alpha == 1) return onnx.Emit(Elu{}, {x});
  const TensorId zero = AddScalar(onnx, ElementType::kFloat32, 0);
  const TensorId below = onnx.Emit(Elu{}, {onnx.Emit(Minimum{}, {x, zero})});
  return onnx.Emit(Add{}, {onnx.Emit(Relu{}, {x}), EmitScaled(onnx, below, alpha)});
}

void ReadElu(OnnxNode& onnx) {
  onnx.SetOutput(0, EluWithAlpha(onnx, onnx.Input(0), onnx.Float("alpha", 1)));
}

void ReadSelu(OnnxNode& onnx) {
  const float alpha = onnx.Float("alpha", 1.67326319217681884765625F);
  const float gamma = onnx.Float("gamma", 1.05070102214813232421875F);
  onnx.SetOutput(0, EmitScaled(onnx, EluWithAlpha(onnx, onnx.Input(0), alpha), gamma));
}

// alpha elu(x / alpha)
void ReadCelu(OnnxNode& onnx) {
  const float alpha = onnx.Float("alpha", 1);
  if (alpha == 0) Fail(ErrorKind::kUnusable, "alpha is 0");
  const TensorId scaled = EmitScaled(onnx, onnx.Input(0), 1 / alpha);
  onnx.SetOutput(0, EmitScaled(onnx, onnx.Emit(Elu{}, {scaled}), alpha));
}

// log(1 + exp(x)) = relu(x) - log(logistic(|x|)), which cannot overflow.
TensorId SoftplusOf(OnnxNode& onnx, TensorId x) {
  const TensorId magnitude = onnx.Emit(Abs{}, {x});
  const TensorId log = onnx.Emit(Log{}, {onnx.Emit(Logistic{}, {magnitude})});
  return onnx.Emit(Sub{}, {onnx.Emit(Relu{}, {x}), log});
}

void ReadSoftplus(OnnxNode& onnx) { onnx.SetOutput(0, SoftplusOf(onnx, onnx.Input(0))); }

void ReadMish(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  onnx.EmitOutput(Mul{}, {x, onnx.Emit(Tanh{}, {SoftplusOf(onnx, x)})});
}

void ReadSwish(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId scaled = EmitScaled(onnx, x, onnx.Float("alpha", 1));
  onnx.EmitOutput(Mul{}, {x, onnx.Emit(Logistic{}, {scaled})});
}

constexpr OnnxSpelling kLogisticOnnx[] = {
    {"Sigmoid", 6, ReadUnary<Logistic>}, {"Swish", 24, ReadSwish}, {"Softplus", 1, ReadSoftplus}};
constexpr OnnxSpelling kTanhOnnx[] = {{"Tanh", 6, ReadUnary<Tanh>}, {"Mish", 18, ReadMish}};
constexpr OnnxSpelling kEluOnnx[] = {
    {"Elu", 6, ReadElu}, {"Selu", 6, ReadSelu}, {"Celu", 12, ReadCelu}};
constexpr OnnxSpelling kGeluOnnx[] = {{"Gelu", 20, ReadGelu}};
constexpr OnnxSpelling kErfOnnx[] = {{"Erf", 9, ReadUnary<Erf>}};

}  // namespace

constinit const Op kLogistic = {
    .name = Logistic::kName,
    .onnx = kLogisticOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateFunction<LogisticOf>,
    .backward = UnaryBackward<LogisticSlope>,
    .quant = {.operands = {Calibrated()}, .result = Fixed({1.0F / 256, -128}, {1.0F / 32768, 0})},
    .scale_rule = SigmoidScaleRule,
    .reference_int8 = LookUpReference<TableOfFunction<LogisticOf>>,
    .reference_int16 = SigmoidInt16<Int16Sigmoid::kLogistic>,
    .prepare_float = PrepareRows<FloatLoop::kLogistic>,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_LOGISTIC,
               .runtimes = "1.14.0 1.14.0 2.3.0",
               .version = VersionOfWidth},
};

constinit const Op kTanh = {
    .name = Tanh::kName,
    .onnx = kTanhOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateFunction<TanhOf>,
    .backward = UnaryBackward<TanhSlope>,
    .quant = {.operands = {Calibrated()}, .result = Fixed({1.0F / 128, 0}, {1.0F / 32768, 0})},
    .scale_rule = SigmoidScaleRule,
    .reference_int8 = LookUpReference<TableOfFunction<TanhOf>>,
    .reference_int16 = SigmoidInt16<Int16Sigmoid::kTanh>,
    .prepare_float = PrepareRows<FloatLoop::kTanh>,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_TANH,
               .runtimes = "1.14.0 1.14.0 2.3.0",
               .version = VersionOfWidth},
};

constinit const Op kElu = {
    .name = Elu::kName,
    .onnx = kEluOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateFunction<EluOf>,
    .backward = UnaryBackward<EluSlope>,
    .quant = RescalingRule(),
    .scale_rule = RescalingScaleRule,
    .reference_int8 = LookUpReference<TableOfFunction<EluOf>>,
    .prepare_float = PrepareRows<FloatLoop::kElu>,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_ELU, .runtimes = "1.14.0"},
};

constinit const Op kGelu = {
    .name = Gelu::kName,
    .onnx = kGeluOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateGelu,
    .backward = GeluBackward,
    .quant = RescalingRule(),
    .scale_rule = RescalingScaleRule,
    .reference_int8 = LookUpReference<GeluTable>,
    .reference_int16 = GeluInt16,
    .prepare_float = PrepareGelu,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_GELU,
               .runtimes = "2.9.0 2.9.0",
               .version = Int8Version2,
               .write = WriteGelu,
               .read = ReadGeluTflite},
};

constinit const Op kErf = {
    .name = Erf::kName,
    .onnx = kErfOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateFunction<ErfOf>,
    .backward = UnaryBackward<ErfSlope>,
    .axes = ElementwiseAxes(),
};

}  // namespace qconvert
