// EQUAL to GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT and SELECT.
#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

#include "tflite_generated.h"

#include "lib/math/fixed_point.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

template <typename Function>
void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() == ElementType::kBool) {
    return Broadcast<bool, bool>(inputs, outputs, Function{});
  }
  VisitNumber(node, inputs[0].type(),
              [&]<typename T>(T) { Broadcast<T, bool>(inputs, outputs, Function{}); });
}

// Both sides in units of 1/2^8, rounded: scales below 1/2^9 are not told apart, which is why the
// quantizer keeps comparisons in float.
template <typename Function>
void CompareInt8(const Node&, TensorViews inputs, TensorViews outputs) {
  constexpr int kLeftShift = 8;
  const AffineParams a = LayerParams(inputs[0]), b = LayerParams(inputs[1]);
  const FixedMultiplier by_a = QuantizeMultiplier(a.scale), by_b = QuantizeMultiplier(b.scale);
  Broadcast<int8_t, bool>(inputs, outputs, [&](int8_t qa, int8_t qb) {
    return Function{}(Multiply((qa - a.zero_point) * (1 << kLeftShift), by_a),
                      Multiply((qb - b.zero_point) * (1 << kLeftShift), by_b));
  });
}

void InferLogical(const Node& node, std::span<const Tensor* const> inputs,
                  std::span<Tensor> outputs) {
  if (RequireInput(inputs, 0).type != ElementType::kBool) FailOnType(node, inputs[0]->type);
  InferBroadcast(node, inputs, outputs);
}

void InferNot(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  if (input.type != ElementType::kBool) FailOnType(node, input.type);
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
}

template <typename Function>
void EvaluateLogical(const Node&, TensorViews inputs, TensorViews outputs) {
  Broadcast<bool, bool>(inputs, outputs, Function{});
}

void EvaluateNot(const Node&, TensorViews inputs, TensorViews outputs) {
  const auto x = inputs[0].Values<bool>();
  const auto result = outputs[0].Values<bool>();
  for (size_t i = 0; i < x.size(); ++i) result[i] = !x[i];
}

void InferSelect(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  const Tensor& condition = RequireInput(inputs, 0);
  if (condition.type != ElementType::kBool) FailOnType(node, condition.type);
  RequireInput(inputs, 1);
  InferBroadcast(node, inputs.subspan(1), outputs);
  outputs[0].shape = BroadcastShapes(condition.shape, outputs[0].shape);
}

// Copies elements of any type, perhaps to their own place; the int8 operands have the result's
// parameters.
void EvaluateSelect(const Node&, TensorViews inputs, TensorViews outputs) {
  const size_t size = ElementBytes(outputs[0].type());
  const auto condition = inputs[0].Values<bool>();
  ForEachBroadcast<3>(outputs[0].shape(), {inputs[0].shape(), inputs[1].shape(), inputs[2].shape()},
                      [&](size_t i, const std::array<size_t, 3>& at) {
                        const size_t operand = condition[at[0]] ? 1 : 2;
                        std::memmove(outputs[0].bytes + i * size,
                                     inputs[operand].bytes + at[operand] * size, size);
                      });
}

// SELECT (before V2) does not broadcast; a condition of rank 1 chooses whole rows.
Operator ReadSelect(TfliteReadContext& context) {
  if (context.Input(0).shape != context.Input(1).shape) {
    context.Refuse("SELECT with a condition of another shape");
  }
  return Select{};
}

bool IsAll(const Tensor& tensor, float value) {
  return tensor.is_constant() && tensor.is_float() && tensor.elements() > 0 &&
         std::ranges::all_of(tensor.Values<float>(), [&](float v) { return v == value; });
}

/// LiteRT's sums end at the largest numbers, so what equals infinity in the model may be one there.
void ReadEqual(OnnxNode& onnx) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (const size_t i : {0, 1}) {
    const TensorId other = onnx.Input(1 - i);
    if (onnx.tensor(other).is_constant()) continue;
    const Shape& shape = onnx.InputTensor(i).shape;
    const auto all = [&](float value) {
      const std::vector<float> values(static_cast<size_t>(NumElements(shape)), value);
      return onnx.AddConstant(MakeConstantTensor(onnx.name() + "_largest", shape, values));
    };
    if (IsAll(onnx.InputTensor(i), -kInfinity)) {
      return onnx.EmitOutput(LessEqual{}, {other, all(-kLargest)});
    }
    if (IsAll(onnx.InputTensor(i), kInfinity)) {
      return onnx.EmitOutput(GreaterEqual{}, {other, all(kLargest)});
    }
  }
  ReadBinary<Equal>(onnx);
}

void ReadWhere(OnnxNode& onnx) {
  onnx.EmitOutput(Select{}, {onnx.Input(0), onnx.Input(1), onnx.Input(2)});
}

constexpr OnnxSpelling kEqualOnnx[] = {{"Equal", 7, ReadEqual}};
constexpr OnnxSpelling kNotEqualOnnx[] = {{"Xor", 7, ReadBinary<NotEqual>}};
constexpr OnnxSpelling kLessOnnx[] = {{"Less", 7, ReadBinary<Less>}};
constexpr OnnxSpelling kLessEqualOnnx[] = {{"LessOrEqual", 12, ReadBinary<LessEqual>}};
constexpr OnnxSpelling kGreaterOnnx[] = {{"Greater", 7, ReadBinary<Greater>}};
constexpr OnnxSpelling kGreaterEqualOnnx[] = {{"GreaterOrEqual", 12, ReadBinary<GreaterEqual>}};
constexpr OnnxSpelling kAndOnnx[] = {{"And", 7, ReadBinary<LogicalAnd>}};
constexpr OnnxSpelling kOrOnnx[] = {{"Or", 7, ReadBinary<LogicalOr>}};
constexpr OnnxSpelling kNotOnnx[] = {{"Not", 1, ReadUnary<LogicalNot>}};
constexpr OnnxSpelling kSelectOnnx[] = {{"Where", 9, ReadWhere}};

constexpr TfliteForm kSelectForms[] = {
    {.code = tflite::BuiltinOperator_SELECT, .read = ReadSelect}};

}  // namespace

constinit const Op kEqual = {
    .name = Equal::kName,
    .onnx = kEqualOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::equal_to<>>,
    .reference_int8 = CompareInt8<std::equal_to<>>,
    .axes = ElementwiseAxes(),
    .tflite =
        {.code = tflite::BuiltinOperator_EQUAL,
         .runtimes = "1.14.0 1.14.0",
         .version = Int8Version2,
         .write =
             WriteEmptyOptions<tflite::BuiltinOptions_EqualOptions, tflite::CreateEqualOptions>},
};

constinit const Op kNotEqual = {
    .name = NotEqual::kName,
    .onnx = kNotEqualOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::not_equal_to<>>,
    .reference_int8 = CompareInt8<std::not_equal_to<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_NOT_EQUAL,
               .runtimes = "1.14.0 1.14.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_NotEqualOptions,
                                          tflite::CreateNotEqualOptions>},
};

constinit const Op kLess = {
    .name = Less::kName,
    .onnx = kLessOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::less<>>,
    .reference_int8 = CompareInt8<std::less<>>,
    .axes = ElementwiseAxes(),
    .tflite =
        {.code = tflite::BuiltinOperator_LESS,
         .runtimes = "1.14.0 1.14.0",
         .version = Int8Version2,
         .write = WriteEmptyOptions<tflite::BuiltinOptions_LessOptions, tflite::CreateLessOptions>},
};

constinit const Op kLessEqual = {
    .name = LessEqual::kName,
    .onnx = kLessEqualOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::less_equal<>>,
    .reference_int8 = CompareInt8<std::less_equal<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_LESS_EQUAL,
               .runtimes = "1.14.0 1.14.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_LessEqualOptions,
                                          tflite::CreateLessEqualOptions>},
};

constinit const Op kGreater = {
    .name = Greater::kName,
    .onnx = kGreaterOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::greater<>>,
    .reference_int8 = CompareInt8<std::greater<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_GREATER,
               .runtimes = "1.14.0 1.14.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_GreaterOptions,
                                          tflite::CreateGreaterOptions>},
};

constinit const Op kGreaterEqual = {
    .name = GreaterEqual::kName,
    .onnx = kGreaterEqualOnnx,
    .operands = {2, 2},
    .infer = InferComparison,
    .evaluate = Evaluate<std::greater_equal<>>,
    .reference_int8 = CompareInt8<std::greater_equal<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_GREATER_EQUAL,
               .runtimes = "1.14.0 1.14.0",
               .version = Int8Version2,
               .write = WriteEmptyOptions<tflite::BuiltinOptions_GreaterEqualOptions,
                                          tflite::CreateGreaterEqualOptions>},
};

constinit const Op kLogicalAnd = {
    .name = LogicalAnd::kName,
    .onnx = kAndOnnx,
    .operands = {2, 2},
    .infer = InferLogical,
    .evaluate = EvaluateLogical<std::logical_and<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_LOGICAL_AND,
               .runtimes = "1.11.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_LogicalAndOptions,
                                          tflite::CreateLogicalAndOptions>},
};

constinit const Op kLogicalOr = {
    .name = LogicalOr::kName,
    .onnx = kOrOnnx,
    .operands = {2, 2},
    .infer = InferLogical,
    .evaluate = EvaluateLogical<std::logical_or<>>,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_LOGICAL_OR,
               .runtimes = "1.11.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_LogicalOrOptions,
                                          tflite::CreateLogicalOrOptions>},
};

constinit const Op kLogicalNot = {
    .name = LogicalNot::kName,
    .onnx = kNotOnnx,
    .infer = InferNot,
    .evaluate = EvaluateNot,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_LOGICAL_NOT,
               .runtimes = "1.11.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_LogicalNotOptions,
                                          tflite::CreateLogicalNotOptions>},
};

constinit const Op kSelect = {
    .name = Select::kName,
    .onnx = kSelectOnnx,
    .operands = {3, 3},
    .infer = InferSelect,
    .evaluate = EvaluateSelect,
    .backward = MovementBackward,
    .quant = {.operands = {Unchanged(), SameAsResult(), SameAsResult()}, .result = Calibrated()},
    .reference_int8 = EvaluateSelect,
    .reference_int16 = EvaluateSelect,
    .axes = ElementwiseAxes(),
    .tflite = {.code = tflite::BuiltinOperator_SELECT_V2,
               .runtimes = "2.2.0",
               .write = WriteEmptyOptions<tflite::BuiltinOptions_SelectV2Options,
                                          tflite::CreateSelectV2Options>},
    .other_tflite = kSelectForms,
};

}  // namespace qconvert
