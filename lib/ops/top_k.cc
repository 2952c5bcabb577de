// TOPK_V2: the largest elements of each row, and ONNX's TopK along any axis.
#include <algorithm>
#include <climits>
#include <numeric>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/ops/elementwise.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferTopK(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const int64_t count = node.As<TopK>()->count;
  RequireNumbers(node, input);
  if (outputs.size() != 2 || input.rank() == 0 || count < 1 || count > input.shape.back()) {
    Fail(ErrorKind::kUnusable,
         "the " + std::to_string(count) + " largest of shape " + ToText(input.shape));
  }
  for (Tensor& output : outputs) {
    output.shape = input.shape;
    output.shape.back() = count;
  }
  outputs[0].type = input.type;
  outputs[1].type = ElementType::kInt32;
}

template <typename T>
void FindLargest(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto columns = static_cast<size_t>(inputs[0].shape().back());
  const auto count = static_cast<size_t>(node.As<TopK>()->count);
  const auto values = inputs[0].Values<T>(), largest = outputs[0].Values<T>();
  const auto indices = outputs[1].Values<int32_t>();
  std::vector<int32_t> order(columns);
  for (size_t row = 0; row * columns < values.size(); ++row) {
    const T* x = values.data() + row * columns;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [x](int32_t a, int32_t b) { return x[a] > x[b]; });
    for (size_t k = 0; k < count; ++k) {
      indices[row * count + k] = order[k];
      largest[row * count + k] = x[order[k]];
    }
  }
}

void EvaluateTopK(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, inputs[0].type(),
              [&]<typename T>(T) { FindLargest<T>(node, inputs, outputs); });
}

/// Reads how many are asked for: an attribute before opset 10, then an operand.
int ReadCount(const OnnxNode& onnx, int64_t dim) {
  const std::vector<int64_t> given =
      onnx.HasInput(1) ? onnx.ConstantInts(1) : std::vector{onnx.Int("k", -1)};
  if (given.size() != 1 || given[0] < 1 || given[0] > std::min<int64_t>(dim, INT_MAX)) {
    Fail(ErrorKind::kUnusable, "k does not fit an axis of " + std::to_string(dim));
  }
  return static_cast<int>(given[0]);
}

/// Sorting in either order is allowed where none is asked for. The smallest are the largest of the
/// negated operand.
void ReadTopK(OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const auto axis = static_cast<size_t>(NormalizeAxis(onnx.Int("axis", -1), rank));
  const TopK top{ReadCount(onnx, onnx.InputTensor(0).shape[axis])};
  const bool smallest = onnx.Int("largest", 1) == 0;
  std::vector<int> swap(rank);
  std::iota(swap.begin(), swap.end(), 0);
  std::swap(swap[axis], swap.back());
  const TensorId rows = onnx.EmitTranspose(onnx.Input(0), swap);
  const TensorId values = onnx.Emit(top, {smallest ? onnx.Emit(Neg{}, {rows}) : rows}, 2);
  const TensorId indices = onnx.Emit(Cast{ElementType::kInt64}, {values + 1});
  onnx.SetOutput(0, onnx.EmitTranspose(smallest ? onnx.Emit(Neg{}, {values}) : values, swap));
  onnx.SetOutput(1, onnx.EmitTranspose(indices, swap));
}

constexpr OnnxSpelling kOnnx[] = {{"TopK", 1, ReadTopK}};

void Write(TfliteWriteContext& context) {
  WriteEmptyOptions<tflite::BuiltinOptions_TopKV2Options, tflite::CreateTopKV2Options>(context);
  context.InsertConstant(1, {}, {context.node().As<TopK>()->count});
}

Operator Read(TfliteReadContext& context) {
  const std::vector<int64_t> count = context.TakeInts(1);
  if (count.size() != 1) context.Refuse("a damaged TOPK_V2");
  return TopK{static_cast<int>(count[0])};
}

}  // namespace

constinit const Op kTopK = {.name = TopK::kName,
                            .onnx = kOnnx,
                            .several_results = true,
                            .infer = InferTopK,
                            .evaluate = EvaluateTopK,
                            .quant = MovementRule(),
                            .reference_int8 = FindLargest<int8_t>,
                            .reference_int16 = FindLargest<int16_t>,
                            .compares_values = true,
                            .tflite = {.code = tflite::BuiltinOperator_TOPK_V2,
                                       .runtimes = "1.7.0 1.14.0 2.13.0",
                                       .version = VersionOfWidth,
                                       .write = Write,
                                       .read = Read}};

}  // namespace qconvert
