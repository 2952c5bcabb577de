// CUMSUM: running sums along an axis.
#include <type_traits>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferCumSum(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  InferUnary(node, inputs, outputs);
  NormalizeAxis(node.As<CumSum>()->axis, inputs[0]->rank());
}

/// Sums one line of `count` elements that are `stride` apart: reals in double, integers modulo
/// their size.
template <typename T>
void SumLine(const CumSum& op, const T* from, T* to, int64_t count, int64_t stride) {
  using Wide = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
  Wide sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = (op.reverse ? count - 1 - i : i) * stride;
    const Wide before = sum;
    sum += static_cast<Wide>(from[at]);
    to[at] = static_cast<T>(op.exclusive ? before : sum);
  }
}

template <typename T>
void SumLines(const CumSum& op, const Shape& shape, const T* from, T* to) {
  const int64_t count = shape[static_cast<size_t>(op.axis)];
  const int64_t stride = RowMajorStrides(shape)[static_cast<size_t>(op.axis)];
  for (int64_t block = 0; block < NumElements(shape); block += count * stride) {
    for (int64_t line = block; line < block + stride; ++line) {
      SumLine(op, from + line, to + line, count, stride);
    }
  }
}

void Evaluate(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, inputs[0].type(), [&]<typename T>(T) {
    SumLines<T>(*node.As<CumSum>(), inputs[0].shape(), inputs[0].Values<T>().data(),
                outputs[0].Values<T>().data());
  });
}

/// The sums of dL/dy from the other end: dL/dx_i adds up those of all results that x_i is part of.
void Backward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  CumSum op = *node.As<CumSum>();
  op.reverse = !op.reverse;
  std::vector<float> sums(gradients.by_outputs[0].size());
  SumLines(op, gradients.inputs[0].shape(), gradients.by_outputs[0].data(), sums.data());
  for (size_t i = 0; i < sums.size(); ++i) gradients.by_inputs[0][i] += sums[i];
}

void ReadCumSum(OnnxNode& onnx) {
  const std::vector<int64_t> axis = onnx.ConstantInts(1);
  if (axis.size() != 1) Fail(ErrorKind::kUnusable, "several axes");
  onnx.EmitOutput(CumSum{NormalizeAxis(axis[0], onnx.InputTensor(0).rank()),
                         onnx.Int("exclusive", 0) != 0, onnx.Int("reverse", 0) != 0},
                  {onnx.Input(0)});
}

constexpr OnnxSpelling kOnnx[] = {{"CumSum", 11, ReadCumSum}};

void Write(TfliteWriteContext& context) {
  const CumSum& op = *context.node().As<CumSum>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_CumsumOptions,
                     tflite::CreateCumsumOptions(builder, op.exclusive, op.reverse).o);
  context.InsertConstant(1, {}, {op.axis});
}

Operator Read(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::CumsumOptions*>(
      context.Options(tflite::BuiltinOptions_CumsumOptions));
  const std::vector<int64_t> axis = context.TakeInts(1);
  if (options == nullptr || axis.size() != 1) context.Refuse("a damaged cumulative sum");
  return CumSum{NormalizeAxis(axis[0], context.Input(0).rank()), options->exclusive(),
                options->reverse()};
}

}  // namespace

constinit const Op kCumSum = {
    .name = CumSum::kName,
    .onnx = kOnnx,
    .infer = InferCumSum,
    .evaluate = Evaluate,
    .backward = Backward,
    .axes = RenumberedAxes(RenumberAxis<CumSum>),
    .tflite = {
        .code = tflite::BuiltinOperator_CUMSUM, .runtimes = "2.4.0", .write = Write, .read = Read}};

}  // namespace qconvert
