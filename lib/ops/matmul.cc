// BATCH_MATMUL; ONNX's MatMul.
#include "lib/ops/matmul.h"

#include <cmath>

#include "tflite_generated.h"

#include "lib/kernels/matmul.h"
#include "lib/math/fixed_point.h"
#include "lib/math/quantize.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

/// The last two axes of an operand as the product sees them.
struct Matrix {
  size_t rows = 0, columns = 0;
  size_t row_stride = 0, column_stride = 0;  ///< in elements
};

Matrix MatrixOf(const Shape& shape, bool transposed) {
  const auto rows = static_cast<size_t>(shape[shape.size() - 2]);
  const auto columns = static_cast<size_t>(shape.back());
  if (transposed) return {columns, rows, 1, columns};
  return {rows, columns, columns, 1};
}

Shape LeadingAxes(const Shape& shape) { return {shape.begin(), shape.end() - 2}; }

void InferBatchMatMul(const Node& node, std::span<const Tensor* const> inputs,
                      std::span<Tensor> outputs) {
  const BatchMatMul& product = *node.As<BatchMatMul>();
  const Tensor& a = RequireInput(inputs, 0);
  const Tensor& b = RequireInput(inputs, 1);
  if (a.rank() < 2 || b.rank() < 2 || a.type != b.type ||
      MatrixOf(a.shape, product.transpose_a).columns !=
          MatrixOf(b.shape, product.transpose_b).rows) {
    Fail(ErrorKind::kUnusable,
         "operands of shapes " + ToText(a.shape) + " and " + ToText(b.shape) + " do not multiply");
  }
  RequireReals(node, a);
  RequireReals(node, b);
  outputs[0].type = a.type;
  outputs[0].shape = BroadcastShapes(LeadingAxes(a.shape), LeadingAxes(b.shape));
  outputs[0].shape.push_back(static_cast<int64_t>(MatrixOf(a.shape, product.transpose_a).rows));
  outputs[0].shape.push_back(static_cast<int64_t>(MatrixOf(b.shape, product.transpose_b).columns));
}

/// Sets result[m,n] = finish(sum over k of multiply(a[m,k], b[k,n])) for each pair of matrices.
template <typename T, typename Sum, typename Multiply, typename Finish>
void MultiplyMatrices(const Node& node, TensorViews inputs, TensorViews outputs, Multiply multiply,
                      Finish finish) {
  const BatchMatMul& product = *node.As<BatchMatMul>();
  const Matrix a = MatrixOf(inputs[0].shape(), product.transpose_a);
  const Matrix b = MatrixOf(inputs[1].shape(), product.transpose_b);
  const T* a_values = inputs[0].Values<T>().data();
  const T* b_values = inputs[1].Values<T>().data();
  const auto result = outputs[0].Values<T>();
  std::vector<Sum> sums(b.columns);
  ForEachBroadcast<2>(LeadingAxes(outputs[0].shape()),
                      {LeadingAxes(inputs[0].shape()), LeadingAxes(inputs[1].shape())},
                      [&](size_t i, const std::array<size_t, 2>& at) {
                        const T* left = a_values + at[0] * a.rows * a.columns;
                        const T* right = b_values + at[1] * b.rows * b.columns;
                        for (size_t m = 0; m < a.rows; ++m) {
                          std::fill(sums.begin(), sums.end(), 0);
                          for (size_t k = 0; k < a.columns; ++k) {
                            const T factor = left[m * a.row_stride + k * a.column_stride];
                            for (size_t n = 0; n < b.columns; ++n) {
                              sums[n] +=
                                  multiply(factor, right[k * b.row_stride + n * b.column_stride]);
                            }
                          }
                          for (size_t n = 0; n < b.columns; ++n) {
                            result[(i * a.rows + m) * b.columns + n] = finish(sums[n]);
                          }
                        }
                      });
}

void EvaluateBatchMatMul(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  MultiplyMatrices<float, double>(
      node, inputs, outputs, [](float a, float b) { return double{a} * b; },
      [](double sum) { return static_cast<float>(sum); });
}

/// |(a - a_zero) (b - b_zero)| < 2^16: sums are exact for K < 2^15 and wrap around beyond.
void BatchMatMulInt8(const Node& node, TensorViews inputs, TensorViews outputs) {
  const AffineParams a = LayerParams(inputs[0]), b = LayerParams(inputs[1]);
  const AffineParams to = LayerParams(outputs[0]);
  const float scale = a.scale * b.scale;  // in float, as LiteRT
  const FixedMultiplier by = QuantizeMultiplier(double{scale} / double{to.scale});
  MultiplyMatrices<int8_t, uint32_t>(
      node, inputs, outputs,
      [&](int8_t x, int8_t y) {
        return static_cast<uint32_t>((x - a.zero_point) * (y - b.zero_point));
      },
      [&](uint32_t sum) {
        const int64_t steps = int64_t{Multiply(static_cast<int32_t>(sum), by)} + to.zero_point;
        return static_cast<int8_t>(std::clamp<int64_t>(steps, -128, 127));
      });
}

/// int64 sums, of which LiteRT's multiplier has 15 bits.
void BatchMatMulInt16(const Node& node, TensorViews inputs, TensorViews outputs) {
  const AffineParams a = LayerParams(inputs[0]), b = LayerParams(inputs[1]);
  const float scale = a.scale * b.scale;  // in float, as LiteRT
  const FixedMultiplier by =
      QuantizeMultiplier(double{scale} / double{LayerParams(outputs[0]).scale});
  MultiplyMatrices<int16_t, int64_t>(
      node, inputs, outputs, [](int16_t x, int16_t y) { return int64_t{x} * y; },
      [&](int64_t sum) {
        return static_cast<int16_t>(std::clamp(MultiplyWide(sum, by), -32768, 32767));
      });
}

/// Returns an operand with ones in front of its shape.
TensorId WithRank(OnnxNode& onnx, TensorId id, size_t rank) {
  Shape shape = onnx.tensor(id).shape;
  if (shape.size() < rank) shape.insert(shape.begin(), rank - shape.size(), 1);
  return onnx.EmitReshape(id, std::move(shape));
}

TensorId EmitMatMul(OnnxNode& onnx, TensorId a, TensorId b) {
  const Tensor& right = onnx.tensor(b);
  const Shape shape = right.shape;
  const bool one_matrix = NumElements(LeadingAxes(shape)) == 1;
  if (!right.is_constant() || !right.is_float() || !one_matrix) {
    return onnx.Emit(BatchMatMul{}, {a, b});
  }
  const TensorId matrix = onnx.EmitReshape(b, {shape[shape.size() - 2], shape.back()});
  return onnx.Emit(FullyConnected{}, {a, onnx.EmitTranspose(matrix, {1, 0})});
}

void ReadMatMul(OnnxNode& onnx) {
  onnx.SetOutput(0, EmitProduct(onnx, onnx.Input(0), onnx.Input(1)));
}

void WriteBatchMatMul(TfliteWriteContext& context) {
  const BatchMatMul& product = *context.node().As<BatchMatMul>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(
      tflite::BuiltinOptions_BatchMatMulOptions,
      tflite::CreateBatchMatMulOptions(builder, product.transpose_a, product.transpose_b).o);
}

Operator ReadTfliteBatchMatMul(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::BatchMatMulOptions*>(
      context.Options(tflite::BuiltinOptions_BatchMatMulOptions));
  if (options == nullptr) return BatchMatMul{};
  return BatchMatMul{options->adj_x(), options->adj_y()};
}

int64_t BatchMatMulMultiplyAdds(const Node& node, std::span<const Tensor* const> inputs,
                                const Tensor& output) {
  const Shape& a = inputs[0]->shape;
  const bool transposed = node.As<BatchMatMul>()->transpose_a;
  return output.elements() * a[a.size() - (transposed ? 2 : 1)];
}

constexpr OnnxSpelling kBatchMatMulOnnx[] = {{"MatMul", 1, ReadMatMul}};

}  // namespace

TensorId EmitProduct(OnnxNode& onnx, TensorId a, TensorId b) {
  const Shape a_shape = onnx.tensor(a).shape, b_shape = onnx.tensor(b).shape;
  const size_t rank = std::max({a_shape.size(), b_shape.size(), size_t{2}});
  if (a_shape.empty() || b_shape.empty()) Fail(ErrorKind::kUnusable, "MatMul of a scalar");
  if (rank > 5)
    onnx.Refuse("TFLite multiplies tensors of up to 5 axes, not " + std::to_string(rank));
  const bool column = b_shape.size() == 1, row = a_shape.size() == 1;
  if (column) b = onnx.EmitReshape(b, {b_shape[0], 1});
  const TensorId result = EmitMatMul(onnx, WithRank(onnx, a, rank), WithRank(onnx, b, rank));
  Shape shape = onnx.tensor(result).shape;
  if (row) shape.erase(shape.end() - 2);
  if (column) shape.pop_back();
  return onnx.EmitReshape(result, std::move(shape));
}

constinit const Op kBatchMatMul = {
    .name = BatchMatMul::kName,
    .onnx = kBatchMatMulOnnx,
    .operands = {2, 2},
    .infer = InferBatchMatMul,
    .evaluate = EvaluateBatchMatMul,
    .backward = BatchMatMulBackward,
    .quant = RescalingRule(),
    .scale_rule = WeightedScaleRule,
    .reference_int8 = BatchMatMulInt8,
    .reference_int16 = BatchMatMulInt16,
    .prepare_float = PrepareBatchMatMulFloat,
    .prepare_int8 = PrepareBatchMatMulInt8,
    .multiply_adds = BatchMatMulMultiplyAdds,
    .tflite = {.code = tflite::BuiltinOperator_BATCH_MATMUL,
               .runtimes = "2.3.0 2.3.0 2.4.0",
               .version = VersionOfWidth,
               .write = WriteBatchMatMul,
               .read = ReadTfliteBatchMatMul},
};

}  // namespace qconvert
