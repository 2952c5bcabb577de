// ABS, NEG, EXP, LOG, SQRT, RSQRT, SQUARE, SIN, COS, FLOOR, CEIL, ROUND and SIGN.
#include <cmath>
#include <type_traits>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/fixed_point.h"
#include "lib/math/fixed_point_functions.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/lookup.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

// Functions of integers too, which wrap around.
struct Magnitude {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      return x < 0 ? static_cast<T>(0 - static_cast<uint64_t>(x)) : x;
    } else {
      return std::abs(x);
    }
  }
};
struct Negative {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(0 - static_cast<uint64_t>(x));
    } else {
      return -x;
    }
  }
};
struct Squared {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x));
    } else {
      return x * x;
    }
  }
};

struct Signum {
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>((x > 0) - (x < 0));
  }
};

template <typename Function>
void EvaluateNumbers(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, inputs[0].type(), [&]<typename T>(T) {
    const auto x = inputs[0].Values<T>();
    const auto result = outputs[0].Values<T>();
    for (size_t i = 0; i < x.size(); ++i) result[i] = Function{}(x[i]);
  });
}

float ExpOf(float x) { return std::exp(x); }
float LogOf(float x) { return std::log(x); }
float SqrtOf(float x) { return std::sqrt(x); }
float RsqrtOf(float x) { return 1 / std::sqrt(x); }
float SinOf(float x) { return std::sin(x); }
float CosOf(float x) { return std::cos(x); }
float FloorOf(float x) { return std::floor(x); }
float CeilOf(float x) { return std::ceil(x); }
float RoundOf(float x) { return std::nearbyint(x); }  // halves to even

// Derivatives from x and y = f(x).
float AbsSlope(float x, float) { return Signum{}(x); }
float NegSlope(float, float) { return -1; }
float SquareSlope(float x, float) { return 2 * x; }
float ExpSlope(float, float y) { return y; }
float LogSlope(float x, float) { return 1 / x; }
float SqrtSlope(float, float y) { return 0.5F / y; }
float RsqrtSlope(float x, float y) { return -0.5F * y / x; }
float SinSlope(float x, float) { return std::cos(x); }
float CosSlope(float x, float) { return -std::sin(x); }

Int8Table AbsTable(const Node&, AffineParams input, AffineParams result) {
  const FixedMultiplier by = QuantizeMultiplier(input.scale / result.scale);
  const bool rescales = input.scale != result.scale;
  return TableOfSteps([&](int32_t q) {
    const int32_t steps = std::abs(q - input.zero_point);
    return (rescales ? Multiply(steps, by) : steps) + result.zero_point;
  });
}

// Numbers that have no logarithm give the lowest result.
Int8Table LogTable(const Node&, AffineParams input, AffineParams result) {
  const float lowest = static_cast<float>(-128 - result.zero_point) * result.scale;
  return TableOf([&](float x) { return x <= 0 ? lowest : std::log(x); }, input, result);
}

// Rounds towards zero, as LiteRT does. It refuses negative numbers, which here give 0.
Int8Table SqrtTable(const Node&, AffineParams input, AffineParams result) {
  return TableOfSteps([&](int32_t q) {
    const float real = input.scale * static_cast<float>(std::max(q - input.zero_point, 0));
    const float steps = std::min(std::sqrt(real) / result.scale, 255.0F);
    return static_cast<int32_t>(steps) + result.zero_point;
  });
}

// Numbers that are not above zero give the largest result; LiteRT refuses the negative ones.
Int8Table RsqrtTable(const Node&, AffineParams input, AffineParams result) {
  constexpr int kFraction = 20;
  const float scales = std::sqrt(input.scale) * result.scale;
  FixedMultiplier by = QuantizeMultiplier(1.0 / scales);
  by.shift -= kFraction;
  return TableOfSteps([&](int32_t q) {
    if (q <= input.zero_point) return 127;
    FixedMultiplier inverse = InverseSqrt(q - input.zero_point);
    inverse.shift += kFraction;
    return Multiply(Multiply(1, inverse), by) + result.zero_point;
  });
}

// LiteRT casts what its tables hold to int32 before it saturates (kernels/internal/common.h,
// LUTPopulate).
const char* WhyNotTabulated(float most, const NodeParams& params) {
  return WhyNotRescaled(double{most} / double{params.result->scale()}, 0x1p31);
}

const char* ExpScaleRule(const Node&, const NodeParams& params) {
  const QuantParams& input = *params.operands[0];
  const float largest = input.scale() * static_cast<float>(127 - input.zero_point());
  return WhyNotTabulated(std::exp(largest), params);
}

const char* LogScaleRule(const Node&, const NodeParams& params) {
  const float smallest = params.operands[0]->scale();
  return WhyNotTabulated(std::max(std::abs(std::log(smallest)), std::abs(std::log(256 * smallest))),
                         params);
}

// SQRT and RSQRT end an inference that meets a negative number (kernels/elementwise.cc).
const char* WhyNegative(const QuantParams& input) {
  return input.zero_point() == -128 ? nullptr : "LiteRT refuses its operand's negative numbers";
}

const char* SqrtScaleRule(const Node&, const NodeParams& params) {
  const QuantParams& input = *params.operands[0];
  const char* reason = WhyNegative(input);
  return reason != nullptr ? reason : WhyNotTabulated(std::sqrt(255 * input.scale()), params);
}

// A step has 20 fractional bits, and the multiplier as many less.
const char* RsqrtScaleRule(const Node&, const NodeParams& params) {
  const QuantParams& input = *params.operands[0];
  const char* reason = WhyNegative(input);
  return reason != nullptr ? reason : WhyNotTabulated(2 / std::sqrt(input.scale()), params);
}

// TFLite's ABS has no int64; its MAXIMUM and NEG have.
void ReadAbs(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  if (onnx.tensor(x).type != ElementType::kInt64) return onnx.EmitOutput(Abs{}, {x});
  onnx.EmitOutput(Maximum{}, {x, onnx.Emit(Neg{}, {x})});
}

// TFLite's SIGN has no int64; there the number is clamped to [-1, 1].
void ReadSign(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const ElementType type = onnx.tensor(x).type;
  if (type != ElementType::kInt64) return onnx.EmitOutput(Sign{}, {x});
  const TensorId least = onnx.Emit(Maximum{}, {x, AddScalar(onnx, type, -1)});
  onnx.EmitOutput(Minimum{}, {least, AddScalar(onnx, type, 1)});
}

constexpr ElementType kNoAbs[] = {ElementType::kInt64};
constexpr ElementType kNoSquare[] = {ElementType::kInt32, ElementType::kInt64};
constexpr OnnxSpelling kAbsOnnx[] = {{"Abs", 6, ReadAbs}};
constexpr OnnxSpelling kNegOnnx[] = {{"Neg", 6, ReadUnary<Neg>}};
constexpr OnnxSpelling kExpOnnx[] = {{"Exp", 6, ReadUnary<Exp>}};
constexpr OnnxSpelling kLogOnnx[] = {{"Log", 6, ReadUnary<Log>}};
constexpr OnnxSpelling kSqrtOnnx[] = {{"Sqrt", 6, ReadUnary<Sqrt>}};
constexpr OnnxSpelling kSinOnnx[] = {{"Sin", 7, ReadUnary<Sin>}};
constexpr OnnxSpelling kCosOnnx[] = {{"Cos", 7, ReadUnary<Cos>}};
constexpr OnnxSpelling kFloorOnnx[] = {{"Floor", 6, ReadUnary<Floor>}};
constexpr OnnxSpelling kCeilOnnx[] = {{"Ceil", 6, ReadUnary<Ceil>}};
constexpr OnnxSpelling kRoundOnnx[] = {{"Round", 11, ReadUnary<Round>}};
constexpr OnnxSpelling kSignOnnx[] = {{"Sign", 9, ReadSign}};
constexpr ElementType kNoSign[] = {ElementType::kInt64};

// Functions that LiteRT computes in float only.
template <typename Kind>
constexpr Op FloatRecord(std::span<const OnnxSpelling> onnx, ReferenceFunction evaluate,
                         BackwardFunction backward, PrepareFunction prepare_float,
                         TfliteForm form) {
  return {
      .name = Kind::kName,
      .onnx = onnx,
      .infer = InferUnary,
      .evaluate = evaluate,
      .backward = backward,
      .prepare_float = prepare_float,
      .axes = ElementwiseAxes(),
      .tflite = form,
  };
}

template <typename Kind>
constexpr Op TableRecord(std::span<const OnnxSpelling> onnx, ReferenceFunction evaluate,
                         BackwardFunction backward, ScaleRule scale_rule,
                         ReferenceFunction reference_int8, PrepareFunction prepare_float,
                         TfliteForm form) {
  return {
      .name = Kind::kName,
      .onnx = onnx,
      .infer = InferUnary,
      .evaluate = evaluate,
      .backward = backward,
      .quant = RescalingRule(),
      .scale_rule = scale_rule,
      .reference_int8 = reference_int8,
      .prepare_float = prepare_float,
      .prepare_int8 = PrepareLookup,
      .axes = ElementwiseAxes(),
      .tflite = form,
  };
}

int AbsVersion(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt32 ? 5 : Int8Version2(context);
}

}  // namespace

constinit const Op kAbs = TableRecord<Abs>(
    kAbsOnnx, EvaluateNumbers<Magnitude>, UnaryBackward<AbsSlope>, RescalingScaleRule,
    LookUpReference<AbsTable>, PrepareRows<FloatLoop::kAbs>,
    {.code = tflite::BuiltinOperator_ABS,
     .runtimes = "1.13.0 2.4.0 2.5.0 2.6.0 2.12.0",
     .version = AbsVersion,
     .write = WriteEmptyOptions<tflite::BuiltinOptions_AbsOptions, tflite::CreateAbsOptions>,
     .lacks = kNoAbs});

constinit const Op kExp = TableRecord<Exp>(
    kExpOnnx, EvaluateFunction<ExpOf>, UnaryBackward<ExpSlope>, ExpScaleRule,
    LookUpReference<TableOfFunction<ExpOf>>, PrepareRows<FloatLoop::kExp>,
    {.code = tflite::BuiltinOperator_EXP,
     .runtimes = "1.7.0 2.12.0",
     .version = Int8Version2,
     .write = WriteEmptyOptions<tflite::BuiltinOptions_ExpOptions, tflite::CreateExpOptions>});

constinit const Op kLog = TableRecord<Log>(
    kLogOnnx, EvaluateFunction<LogOf>, UnaryBackward<LogSlope>, LogScaleRule,
    LookUpReference<LogTable>, nullptr,
    {.code = tflite::BuiltinOperator_LOG, .runtimes = "1.14.0 2.15.0", .version = Int8Version2});

constinit const Op kSqrt = TableRecord<Sqrt>(
    kSqrtOnnx, EvaluateFunction<SqrtOf>, UnaryBackward<SqrtSlope>, SqrtScaleRule,
    LookUpReference<SqrtTable>, PrepareRows<FloatLoop::kSqrt>,
    {.code = tflite::BuiltinOperator_SQRT, .runtimes = "1.10.0 2.21.0", .version = Int8Version2});

constinit const Op kRsqrt = TableRecord<Rsqrt>(
    {}, EvaluateFunction<RsqrtOf>, UnaryBackward<RsqrtSlope>, RsqrtScaleRule,
    LookUpReference<RsqrtTable>, PrepareRows<FloatLoop::kRsqrt>,
    {.code = tflite::BuiltinOperator_RSQRT, .runtimes = "1.10.0 2.5.0", .version = Int8Version2});

// LiteRT negates int8 without its zero points, so it stays float.
constinit const Op kNeg = FloatRecord<Neg>(
    kNegOnnx, EvaluateNumbers<Negative>, UnaryBackward<NegSlope>, PrepareRows<FloatLoop::kNeg>,
    {.code = tflite::BuiltinOperator_NEG,
     .runtimes = "1.9.0",
     .write = WriteEmptyOptions<tflite::BuiltinOptions_NegOptions, tflite::CreateNegOptions>});
constinit const Op kSquare = FloatRecord<Square>(
    {}, EvaluateNumbers<Squared>, UnaryBackward<SquareSlope>, PrepareRows<FloatLoop::kSquare>,
    {.code = tflite::BuiltinOperator_SQUARE,
     .runtimes = "1.12.0",
     .write = WriteEmptyOptions<tflite::BuiltinOptions_SquareOptions, tflite::CreateSquareOptions>,
     .lacks = kNoSquare});
constinit const Op kSin =
    FloatRecord<Sin>(kSinOnnx, EvaluateFunction<SinOf>, UnaryBackward<SinSlope>, nullptr,
                     {.code = tflite::BuiltinOperator_SIN, .runtimes = "1.9.0"});
constinit const Op kCos = FloatRecord<Cos>(
    kCosOnnx, EvaluateFunction<CosOf>, UnaryBackward<CosSlope>, nullptr,
    {.code = tflite::BuiltinOperator_COS,
     .runtimes = "1.14.0",
     .write = WriteEmptyOptions<tflite::BuiltinOptions_CosOptions, tflite::CreateCosOptions>});
constinit const Op kFloor = FloatRecord<Floor>(
    kFloorOnnx, EvaluateFunction<FloorOf>, nullptr, PrepareRows<FloatLoop::kFloor>,
    {.code = tflite::BuiltinOperator_FLOOR, .runtimes = "1.9.0"});
constinit const Op kCeil =
    FloatRecord<Ceil>(kCeilOnnx, EvaluateFunction<CeilOf>, nullptr, PrepareRows<FloatLoop::kCeil>,
                      {.code = tflite::BuiltinOperator_CEIL, .runtimes = "1.14.0"});
constinit const Op kRound = FloatRecord<Round>(
    kRoundOnnx, EvaluateFunction<RoundOf>, nullptr, PrepareRows<FloatLoop::kRound>,
    {.code = tflite::BuiltinOperator_ROUND, .runtimes = "1.14.0"});
constinit const Op kSign = FloatRecord<Sign>(
    kSignOnnx, EvaluateNumbers<Signum>, nullptr, nullptr,
    {.code = tflite::BuiltinOperator_SIGN,
     .runtimes = "2.11.0",
     .write = WriteEmptyOptions<tflite::BuiltinOptions_SignOptions, tflite::CreateSignOptions>,
     .lacks = kNoSign});

}  // namespace qconvert
