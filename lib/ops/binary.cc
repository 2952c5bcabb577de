// MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, POW, FLOOR_DIV, FLOOR_MOD and ATAN2.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "tflite_generated.h"

#include "lib/kernels/elementwise.h"
#include "lib/math/fixed_point.h"
#include "lib/ops/convert_number.h"
#include "lib/ops/division.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

struct Larger {
  template <typename T>
  T operator()(T a, T b) const {
    return std::max(a, b);
  }
};
struct Smaller {
  template <typename T>
  T operator()(T a, T b) const {
    return std::min(a, b);
  }
};
struct DifferenceSquared {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      const uint64_t difference = static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
      return static_cast<T>(difference * difference);
    } else {
      return (a - b) * (a - b);
    }
  }
};
struct Power {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      return ConvertNumber<T>(std::pow(static_cast<double>(a), static_cast<double>(b)));
    } else {
      return std::pow(a, b);
    }
  }
};
struct QuotientFloor {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      return DivideFlooring(a, b);
    } else {
      return std::floor(a / b);
    }
  }
};
// The remainder has the divisor's sign.
struct RemainderFloor {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      const auto product = static_cast<uint64_t>(DivideFlooring(a, b)) * static_cast<uint64_t>(b);
      return static_cast<T>(static_cast<uint64_t>(a) - product);
    } else {
      const T remainder = std::fmod(a, b);
      return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }
  }
};

void InferAngle(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  InferBinary(node, inputs, outputs);
  if (!inputs[0]->is_float()) FailOnType(node, inputs[0]->type);
}

void EvaluateAngle(const Node&, TensorViews inputs, TensorViews outputs) {
  Broadcast<float, float>(inputs, outputs, [](float y, float x) { return std::atan2(y, x); });
}

template <typename Function>
void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, outputs[0].type(),
              [&]<typename T>(T) { Broadcast<T, T>(inputs, outputs, Function{}); });
}

// Operands and result have the same parameters, so their order is that of the integers.
template <typename T, typename Function>
void CompareSteps(const Node&, TensorViews inputs, TensorViews outputs) {
  Broadcast<T, T>(inputs, outputs, Function{});
}

// Both operands are brought to 1/2^7 of twice the larger scale; the square is below 2^30.
void SquaredDifferenceInt8(const Node&, TensorViews inputs, TensorViews outputs) {
  constexpr int kLeftShift = 7;
  const AffineParams a = LayerParams(inputs[0]), b = LayerParams(inputs[1]);
  const AffineParams result = LayerParams(outputs[0]);
  const double twice_larger = 2.0 * std::max(a.scale, b.scale);
  const FixedMultiplier by_a = QuantizeMultiplier(a.scale / twice_larger);
  const FixedMultiplier by_b = QuantizeMultiplier(b.scale / twice_larger);
  const float shifted_scale = static_cast<float>(1 << (2 * kLeftShift)) * result.scale;
  const FixedMultiplier by_result = QuantizeMultiplier(twice_larger * twice_larger / shifted_scale);
  Broadcast<int8_t, int8_t>(inputs, outputs, [&](int8_t qa, int8_t qb) {
    const int32_t difference = Multiply((qa - a.zero_point) * (1 << kLeftShift), by_a) -
                               Multiply((qb - b.zero_point) * (1 << kLeftShift), by_b);
    const int32_t steps = Multiply(difference * difference, by_result) + result.zero_point;
    return static_cast<int8_t>(std::clamp(steps, -128, 127));
  });
}

// kernels/squared_difference.cc, Prepare: as ADD's, with 7 bits for each factor.
const char* SquaredDifferenceScaleRule(const Node&, const NodeParams& params) {
  const double larger{std::max(params.operands[0]->scale(), params.operands[1]->scale())};
  return WhyNotRescaled(4 * larger * larger / (double{params.result->scale()} * (1 << 14)), 1);
}

int MaximumVersion(const TfliteWriteContext& context) {
  if (context.Input(0).type == ElementType::kInt16) return 4;
  return BroadcastsBeyondRank4(context) ? 3 : Int8Version2(context);
}

int FloorDivVersion(const TfliteWriteContext& context) {
  return context.Input(0).is_float() ? 2 : 1;
}

// The exponent, where it is one constant that leaves the base's shape as it is.
std::optional<float> ConstantExponent(const OnnxNode& onnx) {
  const Tensor& exponent = onnx.InputTensor(1);
  const bool one = exponent.elements() == 1 && exponent.rank() <= onnx.InputTensor(0).rank();
  if (!exponent.is_constant() || !one) return std::nullopt;
  if (exponent.is_float()) return exponent.Values<float>()[0];
  return static_cast<float>(IntValues(exponent)[0]);
}

// TFLite squares reals only.
TensorId EmitSquare(OnnxNode& onnx, TensorId x) {
  if (onnx.tensor(x).is_float()) return onnx.Emit(Square{}, {x});
  return onnx.Emit(Mul{}, {x, x});
}

// Constant exponents that an operator of their own exists for; others stay POW.
void ReadPow(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const ElementType type = onnx.InputTensor(0).type;
  const std::optional<float> exponent = ConstantExponent(onnx);
  if (exponent == 1) return onnx.SetOutput(0, x);
  if (exponent == 2) return onnx.SetOutput(0, EmitSquare(onnx, x));
  if (exponent == 3) return onnx.EmitOutput(Mul{}, {EmitSquare(onnx, x), x});
  if (type == ElementType::kFloat32) {
    if (exponent == 0.5F) return onnx.EmitOutput(Sqrt{}, {x});
    if (exponent == -0.5F) return onnx.EmitOutput(Rsqrt{}, {x});
    if (exponent == -1) return onnx.EmitOutput(Div{}, {AddScalar(onnx, type, 1), x});
  }
  TensorId power = onnx.Input(1);
  if (onnx.InputTensor(1).type != type) power = onnx.Emit(Cast{type}, {power});
  onnx.EmitOutput(Pow{}, {x, power});
}

// fmod = 0: the remainder has the divisor's sign; 1: the dividend's, as C's.
void ReadMod(OnnxNode& onnx) {
  const TensorId a = onnx.Input(0), b = onnx.Input(1);
  if (onnx.Int("fmod", 0) == 0) return onnx.EmitOutput(FloorMod{}, {a, b});
  if (onnx.InputTensor(0).is_float()) {
    const TensorId size = onnx.Emit(FloorMod{}, {onnx.Emit(Abs{}, {a}), onnx.Emit(Abs{}, {b})});
    return onnx.EmitOutput(Mul{}, {size, onnx.Emit(Sign{}, {a})});
  }
  const TensorId multiple = onnx.Emit(Mul{}, {onnx.Emit(Div{}, {a, b}), b});
  onnx.EmitOutput(Sub{}, {a, multiple});
}

constexpr OnnxSpelling kMaximumOnnx[] = {{"Max", 8, ReadChain<Maximum>}};
constexpr OnnxSpelling kMinimumOnnx[] = {{"Min", 8, ReadChain<Minimum>}};
constexpr OnnxSpelling kPowOnnx[] = {{"Pow", 7, ReadPow}};
constexpr OnnxSpelling kFloorModOnnx[] = {{"Mod", 10, ReadMod}};
constexpr ElementType kNoPow[] = {ElementType::kInt64};

}  // namespace

constinit const Op kMaximum = {
    .name = Maximum::kName,
    .onnx = kMaximumOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Larger>,
    .backward = MaximumBackward,
    .quant = UnifyingRule(),
    .reference_int8 = CompareSteps<int8_t, Larger>,
    .reference_int16 = CompareSteps<int16_t, Larger>,
    .prepare_float = PrepareRows<FloatLoop::kMaximum>,
    .prepare_int8 = PrepareInt8<Int8Loop::kMaximum>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_MAXIMUM,
               .runtimes = "1.14.0 1.14.0 2.3.0 2.3.0",
               .version = MaximumVersion,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_MaximumMinimumOptions,
                                          tflite::CreateMaximumMinimumOptions>},
};

constinit const Op kMinimum = {
    .name = Minimum::kName,
    .onnx = kMinimumOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Smaller>,
    .backward = MinimumBackward,
    .quant = UnifyingRule(),
    .reference_int8 = CompareSteps<int8_t, Smaller>,
    .reference_int16 = CompareSteps<int16_t, Smaller>,
    .prepare_float = PrepareRows<FloatLoop::kMinimum>,
    .prepare_int8 = PrepareInt8<Int8Loop::kMinimum>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_MINIMUM,
               .runtimes = "1.14.0 1.14.0 2.3.0 2.3.0",
               .version = MaximumVersion,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_MaximumMinimumOptions,
                                          tflite::CreateMaximumMinimumOptions>},
};

constinit const Op kSquaredDifference = {
    .name = SquaredDifference::kName,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<DifferenceSquared>,
    .backward = SquaredDifferenceBackward,
    .quant = RescalingRule(),
    .scale_rule = SquaredDifferenceScaleRule,
    .reference_int8 = SquaredDifferenceInt8,
    .prepare_float = PrepareRows<FloatLoop::kSquaredDifference>,
    .prepare_int8 = PrepareInt8<Int8Loop::kSquaredDifference>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_SQUARED_DIFFERENCE,
               .runtimes = "1.13.1 2.5.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_SquaredDifferenceOptions,
                                          tflite::CreateSquaredDifferenceOptions>},
};

constinit const Op kPow = {
    .name = Pow::kName,
    .onnx = kPowOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<Power>,
    .backward = PowBackward,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_POW,
               .runtimes = "1.10.0",
               .write =
                   WriteEmptyOptions<tflite::BuiltinOptions_PowOptions, tflite::CreatePowOptions>,
               .lacks = kNoPow},
};

constinit const Op kFloorDiv = {
    .name = FloorDiv::kName,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<QuotientFloor>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_FLOOR_DIV,
               .runtimes = "1.14.0 1.14.0",
               .version = FloorDivVersion,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_FloorDivOptions,
                                          tflite::CreateFloorDivOptions>},
};

constinit const Op kFloorMod = {
    .name = FloorMod::kName,
    .onnx = kFloorModOnnx,
    .operands = {2, 2},
    .infer = InferBinary,
    .evaluate = Evaluate<RemainderFloor>,
    .backward = FloorModBackward,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_FLOOR_MOD,
               .runtimes = "1.13.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_FloorModOptions,
                                          tflite::CreateFloorModOptions>},
};

constinit const Op kAtan2 = {
    .name = Atan2::kName,
    .operands = {2, 2},
    .infer = InferAngle,
    .evaluate = EvaluateAngle,
    .backward = Atan2Backward,
    .axes = ElementwiseAxes(),
    .tflite =
        {.code = tflite::BuiltinOperator_ATAN2,
         .runtimes = "2.10.0",
         .write =
             WriteEmptyOptions<tflite::BuiltinOptions_ATan2Options, tflite::CreateATan2Options>},
};

}  // namespace qconvert
