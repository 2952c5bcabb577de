// ARG_MAX.
#include <string>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferArgMax(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  const ArgMax& arg_max = *node.As<ArgMax>();
  const Tensor& input = RequireInput(inputs, 0);
  RequireNumbers(node, input);
  const int axis = NormalizeAxis(arg_max.axis, input.rank());
  if (input.shape[static_cast<size_t>(axis)] == 0) {
    Fail(ErrorKind::kUnusable, "the largest of nothing");
  }
  if (arg_max.index_type != ElementType::kInt32 && arg_max.index_type != ElementType::kInt64) {
    Fail(ErrorKind::kUnusable,
         "indices are int32 or int64, not " + std::string(ElementTypeName(arg_max.index_type)));
  }
  outputs[0].type = arg_max.index_type;
  outputs[0].shape = input.shape;
  outputs[0].shape.erase(outputs[0].shape.begin() + axis);
}

/// The first of equal elements is the largest.
template <typename T, typename Index>
void FindLargest(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto values = inputs[0].Values<T>();
  const auto result = outputs[0].Values<Index>();
  const Shape& shape = inputs[0].shape();
  const auto axis = static_cast<size_t>(node.As<ArgMax>()->axis);
  const auto stride = static_cast<size_t>(RowMajorStrides(shape)[axis]);
  const auto dim = static_cast<size_t>(shape[axis]);
  for (size_t at = 0; at < result.size(); ++at) {
    const T* first = values.data() + at / stride * dim * stride + at % stride;
    size_t largest = 0;
    for (size_t place = 1; place < dim; ++place) {
      if (first[place * stride] > first[largest * stride]) largest = place;
    }
    result[at] = static_cast<Index>(largest);
  }
}

template <typename T>
void FindLargestIndex(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (outputs[0].type() == ElementType::kInt64)
    return FindLargest<T, int64_t>(node, inputs, outputs);
  FindLargest<T, int32_t>(node, inputs, outputs);
}

void EvaluateArgMax(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, inputs[0].type(),
              [&]<typename T>(T) { FindLargestIndex<T>(node, inputs, outputs); });
}

void ArgMaxInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  FindLargestIndex<int8_t>(node, inputs, outputs);
}

/// Emits the operand with an axis in reverse.
TensorId EmitReversed(OnnxNode& onnx, TensorId x, size_t axis) {
  const Shape shape = onnx.tensor(x).shape;
  StridedSlice slice{std::vector<int64_t>(shape.size(), 0), std::vector<int64_t>(shape.size(), 1),
                     shape};
  slice.begin[axis] = shape[axis] - 1;
  slice.stride[axis] = -1;
  return onnx.Emit(std::move(slice), {x});
}

/// ArgMin is the ArgMax of the negated operand. The last of equal elements is the first in reverse.
void ReadArgMax(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const int axis = NormalizeAxis(onnx.Int("axis", 0), shape.size());
  const auto at = static_cast<size_t>(axis);
  const bool smallest = onnx.op_type() == "ArgMin";
  const bool last = onnx.Int("select_last_index", 0) != 0;
  TensorId input = smallest ? onnx.Emit(Neg{}, {onnx.Input(0)}) : onnx.Input(0);
  if (last) input = EmitReversed(onnx, input, at);
  TensorId index = onnx.Emit(ArgMax{axis, ElementType::kInt64}, {input});
  if (last) {
    const auto end = static_cast<float>(shape[at] - 1);
    index = onnx.Emit(Sub{}, {AddScalar(onnx, ElementType::kInt64, end), index});
  }
  Shape kept = shape;
  kept[at] = 1;
  const bool keep = onnx.Int("keepdims", 1) != 0;
  onnx.SetOutput(0, keep ? onnx.EmitReshape(index, kept) : index);
}

constexpr OnnxSpelling kArgMaxOnnx[] = {{"ArgMax", 1, ReadArgMax}, {"ArgMin", 1, ReadArgMax}};
constexpr ElementType kNoArgMax[] = {ElementType::kInt64};

void WriteArgMax(TfliteWriteContext& context) {
  const ArgMax& arg_max = *context.node().As<ArgMax>();
  const bool wide = arg_max.index_type == ElementType::kInt64;
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_ArgMaxOptions,
                     tflite::CreateArgMaxOptions(
                         builder, wide ? tflite::TensorType_INT64 : tflite::TensorType_INT32)
                         .o);
  context.InsertConstant(1, {}, {arg_max.axis});
}

Operator ReadTfliteArgMax(TfliteReadContext& context) {
  const std::vector<int64_t> axis = context.TakeInts(1);
  if (axis.size() != 1) context.Refuse("several axes");
  return ArgMax{NormalizeAxis(axis[0], context.Input(0).rank()), context.Output(0).type};
}

bool RenumberArgMax(std::span<const Tensor* const> inputs, StoredAxes& axes, Operator& op) {
  axes.DropFromResult({std::get<ArgMax>(op).axis});
  return RenumberAxis<ArgMax>(inputs, axes, op);
}

}  // namespace

constinit const Op kArgMax = {.name = ArgMax::kName,
                              .onnx = kArgMaxOnnx,
                              .infer = InferArgMax,
                              .evaluate = EvaluateArgMax,
                              .quant = {.operands = {Calibrated()}, .result = Unchanged()},
                              .reference_int8 = ArgMaxInt8,
                              .axes = RenumberedAxes(RenumberArgMax),
                              .compares_values = true,
                              .tflite = {.code = tflite::BuiltinOperator_ARG_MAX,
                                         .runtimes = "1.9.0 1.14.0",
                                         .version = Int8Version2,
                                         .write = WriteArgMax,
                                         .read = ReadTfliteArgMax,
                                         .lacks = kNoArgMax}};

}  // namespace qconvert
