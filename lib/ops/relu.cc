// RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, LEAKY_RELU and PRELU, and ONNX's Clip, which becomes one
// of them where its ends allow.
#include "lib/ops/relu.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/fixed_point.h"
#include "lib/math/quantize.h"
#include "lib/ops/gradients.h"
#include "lib/ops/lookup.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What each of them clamps to.
template <Activation kActivation>
Range EndsOfActivation(const Operator&) {
  return ActivationRange(kActivation);
}
Range ZeroToOne(const Operator&) { return {0, 1}; }
Range EndsOfClip(const Operator& op) {
  const auto& clip = std::get<Clip>(op);
  return {clip.min, clip.max};
}

Range EndsOf(const Node& node) { return OpOf(node).clamp(node.op); }

void EvaluateClamp(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto [lo, hi] = EndsOf(node);
  Transform(node, inputs, outputs,
            [lo = lo, hi = hi](float x) { return std::min(std::max(x, lo), hi); });
}

// Rescales from the operand's parameters to the result's, and clamps there.
class ClampSteps {
 public:
  ClampSteps(const Node& node, AffineParams input, AffineParams result, IntegerLimits numbers)
      : limits_(ClampedLimits(EndsOf(node).min, EndsOf(node).max, result, numbers)),
        by_(QuantizeMultiplier(input.scale / result.scale)),
        input_zero_(input.zero_point),
        result_zero_(result.zero_point) {}

  int32_t operator()(int32_t q) const {
    return std::clamp(result_zero_ + Multiply(q - input_zero_, by_), limits_.min, limits_.max);
  }

 private:
  IntegerLimits limits_;
  FixedMultiplier by_;
  int32_t input_zero_, result_zero_;
};

Int8Table ClampTable(const Node& node, AffineParams input, AffineParams result) {
  return TableOfSteps(ClampSteps(node, input, result, kInt8Limits));
}

std::unique_ptr<Kernel> PrepareClamp(const PrepareContext& context) {
  return PrepareFloatRows(context, {.loop = FloatLoop::kIdentity, .clamp = EndsOf(*context.node)});
}

void EvaluateLeaky(const Node& node, TensorViews inputs, TensorViews outputs) {
  const float alpha = node.As<LeakyRelu>()->alpha;
  Transform(node, inputs, outputs, [&](float x) { return x < 0 ? alpha * x : x; });
}

std::unique_ptr<Kernel> PrepareLeaky(const PrepareContext& context) {
  const float alpha = context.node->As<LeakyRelu>()->alpha;
  return PrepareFloatRows(context, {.loop = FloatLoop::kLeakyRelu, .alpha = alpha});
}

// A multiplier may be negative: its magnitude is what the fixed-point arithmetic rounds.
int32_t MultiplySigned(int32_t x, FixedMultiplier by) {
  return by.m < 0 ? -Multiply(x, {-by.m, by.shift}) : Multiply(x, by);
}

class LeakySteps {
 public:
  LeakySteps(const Node& node, AffineParams input, AffineParams result, IntegerLimits numbers)
      : limits_(numbers),
        by_(QuantizeMultiplier(input.scale / result.scale)),
        by_alpha_(QuantizeMultiplier(input.scale * node.As<LeakyRelu>()->alpha / result.scale)),
        input_zero_(input.zero_point),
        result_zero_(result.zero_point) {}

  int32_t operator()(int32_t q) const {
    const int32_t steps = q - input_zero_;
    const int32_t scaled = steps < 0 ? MultiplySigned(steps, by_alpha_) : Multiply(steps, by_);
    return std::clamp(result_zero_ + scaled, limits_.min, limits_.max);
  }

 private:
  IntegerLimits limits_;
  FixedMultiplier by_, by_alpha_;
  int32_t input_zero_, result_zero_;
};

Int8Table LeakyTable(const Node& node, AffineParams input, AffineParams result) {
  return TableOfSteps(LeakySteps(node, input, result, kInt8Limits));
}

// A reference_int16 of ClampSteps or LeakySteps.
template <typename Steps>
void TransformInt16(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Steps steps(node, LayerParams(inputs[0]), LayerParams(outputs[0]), kInt16Limits);
  const auto x = inputs[0].Values<int16_t>();
  std::transform(x.begin(), x.end(), outputs[0].Values<int16_t>().begin(),
                 [&](int16_t q) { return static_cast<int16_t>(steps(q)); });
}

void InferPRelu(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  InferBinary(node, inputs, outputs);
  if (outputs[0].shape != inputs[0]->shape) {
    Fail(ErrorKind::kUnusable, "slope " + ToText(inputs[1]->shape) + " does not broadcast to " +
                                   ToText(inputs[0]->shape));
  }
}

void EvaluatePRelu(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  Broadcast<float, float>(inputs, outputs,
                          [](float x, float alpha) { return x < 0 ? alpha * x : x; });
}

void PReluInt8(const Node&, TensorViews inputs, TensorViews outputs) {
  const AffineParams input = LayerParams(inputs[0]), alpha = LayerParams(inputs[1]);
  const AffineParams result = LayerParams(outputs[0]);
  const FixedMultiplier by = QuantizeMultiplier(input.scale / result.scale);
  const FixedMultiplier by_alpha = QuantizeMultiplier(input.scale * alpha.scale / result.scale);
  Broadcast<int8_t, int8_t>(inputs, outputs, [&](int8_t q, int8_t slope) {
    const int32_t steps = q - input.zero_point;
    const int32_t scaled =
        steps >= 0 ? Multiply(steps, by) : Multiply(steps * (slope - alpha.zero_point), by_alpha);
    return static_cast<int8_t>(std::clamp(scaled + result.zero_point, -128, 127));
  });
}

const char* LeakyScaleRule(const Node& node, const NodeParams& params) {
  const float alpha = node.As<LeakyRelu>()->alpha;
  const float by_alpha = params.operands[0]->scale() * alpha / params.result->scale();
  const char* reason = WhyNotRescaled(double{by_alpha}, StepMultipliers(params));
  return reason != nullptr ? reason : RescalingScaleRule(node, params);
}

const char* PReluScaleRule(const Node& node, const NodeParams& params) {
  const float alpha = params.operands[1]->scale();
  const float by_alpha = params.operands[0]->scale() * alpha / params.result->scale();
  const char* reason = WhyNotRescaled(double{by_alpha}, ProductMultipliers(params));
  return reason != nullptr ? reason : RescalingScaleRule(node, params);
}

int LeakyVersion(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt16 ? 2 : 1;
}

void WriteLeaky(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const float alpha = context.node().As<LeakyRelu>()->alpha;
  context.SetOptions(tflite::BuiltinOptions_LeakyReluOptions,
                     tflite::CreateLeakyReluOptions(builder, alpha).o);
}

Operator ReadLeakyTflite(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::LeakyReluOptions*>(
      context.Options(tflite::BuiltinOptions_LeakyReluOptions));
  return LeakyRelu{options == nullptr ? 0 : options->alpha()};
}

void ReadLeaky(OnnxNode& onnx) {
  onnx.EmitOutput(LeakyRelu{onnx.Float("alpha", 0.01F)}, {onnx.Input(0)});
}

// A slope of one element is LEAKY_RELU's.
void ReadPRelu(OnnxNode& onnx) {
  const Tensor& slope = onnx.InputTensor(1);
  if (slope.is_constant() && slope.is_float() && slope.elements() == 1) {
    return onnx.EmitOutput(LeakyRelu{slope.Values<float>()[0]}, {onnx.Input(0)});
  }
  onnx.EmitOutput(PRelu{}, {onnx.Input(0), onnx.Input(1)});
}

// An end of ONNX's Clip: an attribute before opset 11, then an operand.
struct ClipEnd {
  float value;                   ///< infinite when there is none
  TensorId operand = kNoTensor;  ///< given when it is computed, or an integer
};

// The largest finite number is how exporters spell "none".
ClipEnd FiniteEnd(float value, float none) {
  return {std::abs(value) == std::numeric_limits<float>::max() ? none : value};
}

ClipEnd EndOf(const OnnxNode& onnx, size_t input, std::string_view attribute, float none) {
  if (onnx.opset() < 11) return FiniteEnd(onnx.Float(attribute, none), none);
  if (!onnx.HasInput(input)) return {none};
  const Tensor& end = onnx.InputTensor(input);
  if (end.elements() != 1) Fail(ErrorKind::kUnusable, "min and max must be scalars");
  if (!end.is_constant() || !end.is_float()) return {none, onnx.Input(input)};
  return FiniteEnd(end.Values<float>()[0], none);
}

void ReadClip(OnnxNode& onnx) {
  const ClipEnd min = EndOf(onnx, 1, "min", -kInfinity), max = EndOf(onnx, 2, "max", kInfinity);
  TensorId x = onnx.Input(0);
  if (min.value != -kInfinity || max.value != kInfinity) {
    x = onnx.Emit(ClampOperator({min.value, max.value}), {x});
  }
  if (min.operand != kNoTensor) x = onnx.Emit(Maximum{}, {x, min.operand});
  if (max.operand != kNoTensor) x = onnx.Emit(Minimum{}, {x, max.operand});
  onnx.SetOutput(0, x);
}

// TFLite's RELU knows no int32 and int64; its MAXIMUM does.
void ReadRelu(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const ElementType type = onnx.tensor(x).type;
  const bool integer = type == ElementType::kInt32 || type == ElementType::kInt64;
  if (!integer) return onnx.EmitOutput(Relu{}, {x});
  onnx.EmitOutput(Maximum{}, {x, AddScalar(onnx, type, 0)});
}

constexpr OnnxSpelling kReluOnnx[] = {{"Relu", 6, ReadRelu}};
constexpr OnnxSpelling kClipOnnx[] = {{"Clip", 6, ReadClip}};
constexpr OnnxSpelling kLeakyReluOnnx[] = {{"LeakyRelu", 6, ReadLeaky}};
constexpr OnnxSpelling kPReluOnnx[] = {{"PRelu", 7, ReadPRelu}};

template <typename Kind>
constexpr Op ClampRecord(std::span<const OnnxSpelling> onnx, ClampFunction clamp, TfliteForm form,
                         ReferenceFunction reference_int16 = nullptr,
                         HomogeneousFunction homogeneous = nullptr) {
  return {
      .name = Kind::kName,
      .onnx = onnx,
      .infer = InferUnary,
      .evaluate = EvaluateClamp,
      .backward = ClampBackward,
      .clamp = clamp,
      .quant = RescalingRule(),
      .scale_rule = RescalingScaleRule,
      .reference_int8 = LookUpReference<ClampTable>,
      .reference_int16 = reference_int16,
      .prepare_float = PrepareClamp,
      .prepare_int8 = PrepareLookup,
      .axes = ElementwiseAxes(),
      .homogeneous = homogeneous,
      .tflite = form,
  };
}

}  // namespace

Operator ClampOperator(const Range& ends) {
  for (const Operator& op :
       {Operator{Relu{}}, Operator{Relu6{}}, Operator{ReluN1To1{}}, Operator{Relu0To1{}}}) {
    if (OpOf(op).clamp(op) == ends) return op;
  }
  return Clip{ends.min, ends.max};
}

constinit const Op kRelu = ClampRecord<Relu>(kReluOnnx, EndsOfActivation<Activation::kRelu>,
                                             {.code = tflite::BuiltinOperator_RELU,
                                              .runtimes = "1.5.0 2.1.0 2.5.0",
                                              .version = VersionOfWidth},
                                             TransformInt16<ClampSteps>, IsAlwaysHomogeneous);
constinit const Op kRelu6 = ClampRecord<Relu6>({}, EndsOfActivation<Activation::kRelu6>,
                                               {.code = tflite::BuiltinOperator_RELU6,
                                                .runtimes = "1.5.0 1.14.0 2.5.0",
                                                .version = VersionOfWidth},
                                               TransformInt16<ClampSteps>);
constinit const Op kReluN1To1 =
    ClampRecord<ReluN1To1>({}, EndsOfActivation<Activation::kReluN1To1>,
                           {.code = tflite::BuiltinOperator_RELU_N1_TO_1, .runtimes = "1.5.0"});
constinit const Op kRelu0To1 = ClampRecord<Relu0To1>(
    {}, ZeroToOne, {.code = tflite::BuiltinOperator_RELU_0_TO_1, .runtimes = "2.10.0"});

constinit const Op kClip = {
    .name = Clip::kName,
    .onnx = kClipOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateClamp,
    .backward = ClampBackward,
    .clamp = EndsOfClip,
    .prepare_float = PrepareClamp,
    .axes = ElementwiseAxes(),
};

constinit const Op kLeakyRelu = {
    .name = LeakyRelu::kName,
    .onnx = kLeakyReluOnnx,
    .infer = InferUnary,
    .evaluate = EvaluateLeaky,
    .backward = LeakyReluBackward,
    .quant = RescalingRule(),
    .scale_rule = LeakyScaleRule,
    .reference_int8 = LookUpReference<LeakyTable>,
    .reference_int16 = TransformInt16<LeakySteps>,
    .prepare_float = PrepareLeaky,
    .prepare_int8 = PrepareLookup,
    .axes = ElementwiseAxes(),
    .homogeneous = IsAlwaysHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_LEAKY_RELU,
               .runtimes = "1.13.1 2.3.0",
               .version = LeakyVersion,
               .write = WriteLeaky,
               .read = ReadLeakyTflite},
};

constinit const Op kPRelu = {
    .name = PRelu::kName,
    .onnx = kPReluOnnx,
    .operands = {2, 2},
    .infer = InferPRelu,
    .evaluate = EvaluatePRelu,
    .backward = PReluBackward,
    .quant = RescalingRule(),
    .scale_rule = PReluScaleRule,
    .reference_int8 = PReluInt8,
    .prepare_float = PrepareRows<FloatLoop::kPRelu>,
    .prepare_int8 = PrepareInt8<Int8Loop::kPRelu>,
    .axes = ElementwiseAxes(),
    .homogeneous = IsAlwaysHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_PRELU, .runtimes = "1.8.0"},
};

}  // namespace qconvert
