// ADD, SUB, MUL and DIV, with a fused activation. Integer tensors hold shape arithmetic.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/fixed_point.h"
#include "lib/math/quantize.h"
#include "lib/ops/activation.h"
#include "lib/ops/division.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

// Integers wrap around, as LiteRT's and ONNX's do in effect.
template <typename T, typename Function>
T Wrapping(T a, T b, Function function) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(function(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  } else {
    return function(a, b);
  }
}

struct Plus {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping(a, b, std::plus<>{});
  }
};
struct Minus {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping(a, b, std::minus<>{});
  }
};
struct Times {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping(a, b, std::multiplies<>{});
  }
};
// Integers are truncated towards zero.
struct Over {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      return DivideTruncating(a, b);
    } else {
      return a / b;
    }
  }
};

template <typename Function>
void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Range clamp = ActivationRange(FusedActivation(node.op));
  VisitNumber(node, outputs[0].type(), [&]<typename T>(T) {
    const bool clamped = FusedActivation(node.op) != Activation::kNone;
    Broadcast<T, T>(inputs, outputs, [&](T a, T b) {
      const T result = Function{}(a, b);
      return clamped ? static_cast<T>(std::clamp<double>(result, clamp.min, clamp.max)) : result;
    });
  });
}

// What an integer kernel knows of its tensors.
struct IntegerOperands {
  AffineParams a, b, result;
  IntegerLimits limits;
};

template <typename T>
IntegerOperands OperandsOf(const Node& node, TensorViews inputs, TensorViews outputs) {
  const AffineParams result = LayerParams(outputs[0]);
  return {LayerParams(inputs[0]), LayerParams(inputs[1]), result,
          ResultLimits(FusedActivation(node.op), result, kLimitsOf<T>)};
}

template <typename T, typename Function>
void BroadcastSteps(TensorViews inputs, TensorViews outputs, const IntegerOperands& operands,
                    Function function) {
  const auto [lo, hi] = operands.limits;
  Broadcast<T, T>(inputs, outputs, [&, lo = lo, hi = hi](T a, T b) {
    const int32_t steps = function(a - operands.a.zero_point, b - operands.b.zero_point);
    return static_cast<T>(std::clamp(steps + operands.result.zero_point, lo, hi));
  });
}

// By how many bits sums are finer than their operands.
template <typename T>
constexpr int kAddShift = std::is_same_v<T, int16_t> ? 15 : 20;

// Both operands are brought to 1/2^20 of twice the larger scale, of int16 to 1/2^15: |a|, |b| <
// 2^30, the sum fits.
template <typename T, typename Function>
void AddSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  constexpr int kLeftShift = kAddShift<T>;
  const IntegerOperands operands = OperandsOf<T>(node, inputs, outputs);
  const double twice_larger = 2 * std::max(operands.a.scale, operands.b.scale);
  const FixedMultiplier by_a = QuantizeMultiplier(operands.a.scale / twice_larger);
  const FixedMultiplier by_b = QuantizeMultiplier(operands.b.scale / twice_larger);
  const float shifted_scale = static_cast<float>(1 << kLeftShift) * operands.result.scale;
  const FixedMultiplier by_result = QuantizeMultiplier(twice_larger / shifted_scale);
  BroadcastSteps<T>(inputs, outputs, operands, [&](int32_t a, int32_t b) {
    const int32_t fine_a = Multiply(a * (1 << kLeftShift), by_a);
    const int32_t fine_b = Multiply(b * (1 << kLeftShift), by_b);
    return Multiply(Function{}(fine_a, fine_b), by_result);
  });
}

// kernels/add.cc and kernels/sub.cc, Prepare: the sum of numbers in 1/2^20 (int16: 1/2^15) of twice
// the larger scale rescales by less than 1, and by more than 0. SUB takes more than 1, but not 1.
const char* AddScaleRule(const Node& node, const NodeParams& params) {
  const float larger = std::max(params.operands[0]->scale(), params.operands[1]->scale());
  const int shift = params.wide ? kAddShift<int16_t> : kAddShift<int8_t>;
  const float shifted_scale = static_cast<float>(1 << shift) * params.result->scale();
  const double multiplier = double{2 * larger} / double{shifted_scale};
  if (!(multiplier > 0)) return "its result has steps too large for LiteRT";
  const char* reason = WhyNotRescaled(multiplier, 1);
  return reason != nullptr ? reason : ClampScaleRule(node, params);
}

const char* MulScaleRule(const Node& node, const NodeParams& params) {
  const float product = params.operands[0]->scale() * params.operands[1]->scale();
  const char* reason =
      WhyNotRescaled(double{product / params.result->scale()}, ProductMultipliers(params));
  return reason != nullptr ? reason : ClampScaleRule(node, params);
}

template <typename T>
void MulSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  const IntegerOperands operands = OperandsOf<T>(node, inputs, outputs);
  const float ratio = operands.a.scale * operands.b.scale / operands.result.scale;
  const FixedMultiplier by = QuantizeMultiplier(ratio);
  BroadcastSteps<T>(inputs, outputs, operands,
                    [&](int32_t a, int32_t b) { return Multiply(a * b, by); });
}

void DivInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  const IntegerOperands operands = OperandsOf<int8_t>(node, inputs, outputs);
  const FixedMultiplier by =
      QuantizeMultiplier(operands.a.scale / (operands.b.scale * operands.result.scale));
  BroadcastSteps<int8_t>(inputs, outputs, operands,
                         [&](int32_t a, int32_t b) { return DivideFixed(a, b, by); });
}

int AddVersion(const TfliteWriteContext& context) {
  if (context.Input(0).type == ElementType::kInt64) return 4;
  return VersionOfWidth(context);
}

int SubVersion(const TfliteWriteContext& context) {
  if (context.Input(0).type == ElementType::kInt64) return 4;
  if (context.Input(0).type == ElementType::kInt16) return 5;
  return BroadcastsBeyondRank4(context) ? 3 : Int8Version2(context);
}

int MulVersion(const TfliteWriteContext& context) {
  if (context.Input(0).type == ElementType::kInt64) return 5;
  if (context.Input(0).type == ElementType::kInt16) return 4;
  if (context.Input(0).type != ElementType::kInt8) return 1;
  const float a = context.Input(0).quant->scale(), b = context.Input(1).quant->scale();
  return a * b / context.Output(0).quant->scale() >= 1 ? 3 : 2;
}

int DivVersion(const TfliteWriteContext& context) { return BroadcastsBeyondRank4(context) ? 2 : 1; }

tflite::ActivationFunctionType ActivationOf(const TfliteWriteContext& context) {
  return static_cast<tflite::ActivationFunctionType>(ToTflite(FusedActivation(context.node().op)));
}

// ADD and SUB also say that int16 scales are any real numbers.
template <int kType, auto kCreate>
void WriteAdd(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(kType, kCreate(builder, ActivationOf(context), false).o);
}

template <int kType, auto kCreate>
void WriteMul(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(kType, kCreate(builder, ActivationOf(context)).o);
}

template <typename Kind, int kType, typename Options>
Operator Read(TfliteReadContext& context) {
  const auto* options = static_cast<const Options*>(context.Options(kType));
  if (options == nullptr) return Kind{};
  return Kind{ActivationFromTflite(options->fused_activation_function())};
}

// The mean of any number of operands.
void ReadMean(OnnxNode& onnx) {
  const TensorId sum = EmitChain<Add>(onnx);
  const auto count = static_cast<float>(onnx.input_count());
  onnx.EmitOutput(Mul{}, {sum, AddScalar(onnx, onnx.tensor(sum).type, 1 / count)});
}

void ReadReciprocal(OnnxNode& onnx) {
  onnx.EmitOutput(Div{}, {AddScalar(onnx, onnx.InputTensor(0).type, 1), onnx.Input(0)});
}

// x / (1 + |x|)
void ReadSoftsign(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId magnitude = onnx.Emit(Abs{}, {x});
  const TensorId one = AddScalar(onnx, ElementType::kFloat32, 1);
  onnx.EmitOutput(Div{}, {x, onnx.Emit(Add{}, {magnitude, one})});
}

constexpr OnnxSpelling kAddOnnx[] = {
    {"Add", 7, ReadBinary<Add>}, {"Sum", 8, ReadChain<Add>}, {"Mean", 8, ReadMean}};
constexpr OnnxSpelling kSubOnnx[] = {{"Sub", 7, ReadBinary<Sub>}};
constexpr OnnxSpelling kMulOnnx[] = {{"Mul", 7, ReadBinary<Mul>}};
constexpr OnnxSpelling kDivOnnx[] = {
    {"Div", 7, ReadBinary<Div>}, {"Reciprocal", 6, ReadReciprocal}, {"Softsign", 1, ReadSoftsign}};
constexpr ElementType kNoDiv[] = {ElementType::kInt64};

}  // namespace

constinit const Op kAdd = {
    .name = Add::kName,
    .onnx = kAddOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Plus>,
    .backward = AddBackward,
    .quant = RescalingRule(),
    .scale_rule = AddScaleRule,
    .reference_int8 = AddSteps<int8_t, Plus>,
    .reference_int16 = AddSteps<int16_t, Plus>,
    .prepare_float = PrepareRows<FloatLoop::kAdd>,
    .prepare_int8 = PrepareInt8<Int8Loop::kAdd>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_ADD,
               .runtimes = "1.5.0 1.14.0 2.4.0 2.6.0",
               .version = AddVersion,
               .write = WriteAdd<tflite::BuiltinOptions_AddOptions, tflite::CreateAddOptions>,
               .read = Read<Add, tflite::BuiltinOptions_AddOptions, tflite::AddOptions>},
};

constinit const Op kSub = {
    .name = Sub::kName,
    .onnx = kSubOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Minus>,
    .backward = SubBackward,
    .quant = RescalingRule(),
    .scale_rule = AddScaleRule,
    .reference_int8 = AddSteps<int8_t, Minus>,
    .reference_int16 = AddSteps<int16_t, Minus>,
    .prepare_float = PrepareRows<FloatLoop::kSub>,
    .prepare_int8 = PrepareInt8<Int8Loop::kSub>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_SUB,
               .runtimes = "1.6.0 1.14.0 2.3.0 2.4.0 2.4.0",
               .version = SubVersion,
               .write = WriteAdd<tflite::BuiltinOptions_SubOptions, tflite::CreateSubOptions>,
               .read = Read<Sub, tflite::BuiltinOptions_SubOptions, tflite::SubOptions>},
};

constinit const Op kMul = {
    .name = Mul::kName,
    .onnx = kMulOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Times>,
    .backward = MulBackward,
    .quant = RescalingRule(),
    .scale_rule = MulScaleRule,
    .reference_int8 = MulSteps<int8_t>,
    .reference_int16 = MulSteps<int16_t>,
    .prepare_float = PrepareRows<FloatLoop::kMul>,
    .prepare_int8 = PrepareInt8<Int8Loop::kMul>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_MUL,
               .runtimes = "1.5.0 1.14.0 1.15.0 2.3.0 2.6.0",
               .version = MulVersion,
               .write = WriteMul<tflite::BuiltinOptions_MulOptions, tflite::CreateMulOptions>,
               .read = Read<Mul, tflite::BuiltinOptions_MulOptions, tflite::MulOptions>},
};

// The quantizer keeps it float: LiteRT's int8 kernel shifts by more than 31 bits where |a| is small
// beside |b|, and then answers at random; 0 / 240 is a step.
constinit const Op kDiv = {
    .name = Div::kName,
    .onnx = kDivOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Over>,
    .backward = DivBackward,
    .reference_int8 = DivInt8,
    .prepare_float = PrepareRows<FloatLoop::kDiv>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_DIV,
               .runtimes = "1.6.0 2.3.0",
               .version = DivVersion,
               .write = WriteMul<tflite::BuiltinOptions_DivOptions, tflite::CreateDivOptions>,
               .read = Read<Div, tflite::BuiltinOptions_DivOptions, tflite::DivOptions>,
               .lacks = kNoDiv},
};

}  // namespace qconvert
