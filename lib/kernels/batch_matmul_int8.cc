// Integer products of matrices that are both computed: attention. The right one is packed anew in
// every run.
#include <algorithm>

#include "lib/base/alignment.h"
#include "lib/base/vectorize.h"
#include "lib/kernels/batch_matmul.h"
#include "lib/kernels/broadcast.h"
#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/layer_params.h"
#include "lib/kernels/matmul.h"

namespace qconvert {
namespace {

/// An int8 matrix in row-major order, or turned on its side.
struct Layout {
  size_t rows, columns, row_stride, column_stride;
  int32_t zero_point;
  uint8_t flip;  ///< what its bytes are XORed with

  int16_t WideOf(int8_t byte) const {
    return static_cast<int16_t>(static_cast<int8_t>(byte ^ flip) - zero_point);
  }
};

Layout LayoutOf(const PrepareContext& context, size_t input, bool transposed) {
  const Shape& shape = context.inputs[input]->shape;
  const int32_t zero_point = context.inputs[input]->quant->zero_point();
  const uint8_t flip = context.InputFlip(input);
  const auto rows = static_cast<size_t>(shape[shape.size() - 2]);
  const auto columns = static_cast<size_t>(shape.back());
  if (transposed) return {columns, rows, 1, columns, zero_point, flip};
  return {rows, columns, columns, 1, zero_point, flip};
}

/// Widens rows [rows, length], `length` being even and at least the number of columns.
QCONVERT_VECTORIZE void WidenRows(const int8_t* from, const Layout& layout, size_t length,
                                  int16_t* to) {
  for (size_t r = 0; r < layout.rows; ++r, to += length) {
    const int8_t* row = from + r * layout.row_stride;
    for (size_t k = 0; k < layout.columns; ++k) {
      to[k] = layout.WideOf(row[k * layout.column_stride]);
    }
    std::fill(to + layout.columns, to + length, int16_t{0});
  }
}

/// Packs [K, N] into panels; see Panels.
QCONVERT_VECTORIZE void PackColumns(const int8_t* from, const Layout& layout, size_t length,
                                    int16_t* to) {
  for (size_t first = 0; first < layout.columns; first += kPanelColumns) {
    const size_t columns = std::min(kPanelColumns, layout.columns - first);
    for (size_t k = 0; k < length; ++k) {
      int16_t* row = to + k / 2 * 2 * kPanelColumns + k % 2;
      const int8_t* values = from + k * layout.row_stride + first * layout.column_stride;
      for (size_t n = 0; n < kPanelColumns; ++n) {
        const bool exists = n < columns && k < layout.rows;
        row[2 * n] = exists ? layout.WideOf(values[n * layout.column_stride]) : int16_t{0};
      }
    }
    to += length * kPanelColumns;
  }
}

class BatchMatMulInt8 : public Kernel {
 public:
  explicit BatchMatMulInt8(const PrepareContext& context) {
    const BatchMatMul& product = *context.node->As<BatchMatMul>();
    a_ = LayoutOf(context, 0, product.transpose_a);
    b_ = LayoutOf(context, 1, product.transpose_b);
    length_ = (a_.columns + 1) / 2 * 2;
    requantization_ = ProductRequantization(context, b_.columns);
    batches_ = BatchesOf(context);
  }

  std::string_view primitive() const override { return "int16 product"; }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override {
    return PanelsAt() + length_ * PanelOutputs() * sizeof(int16_t);
  }

  void Run(const Buffers& buffers) const override {
    const auto* a = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    const auto* b = reinterpret_cast<const int8_t*>(buffers.inputs[1]);
    auto* result = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    buffers.Split(static_cast<int>(batches_.size()), [&](int index, std::byte* scratch) {
      const auto batch = static_cast<size_t>(index);
      MultiplyOne(a + batches_[batch][0] * a_.rows * a_.columns,
                  b + batches_[batch][1] * b_.rows * b_.columns, scratch,
                  result + batch * a_.rows * b_.columns);
    });
  }

 private:
  size_t PanelOutputs() const {
    return (b_.columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
  }
  // Scratch: the widened left operand, where its rows start, the packed right one.
  size_t StartsAt() const { return Aligned(a_.rows * length_ * sizeof(int16_t)); }
  size_t PanelsAt() const { return Aligned(StartsAt() + a_.rows * sizeof(int16_t*)); }

  void MultiplyOne(const int8_t* a, const int8_t* b, std::byte* scratch, int8_t* result) const {
    auto* widened = reinterpret_cast<int16_t*>(scratch);
    auto* starts = reinterpret_cast<const int16_t**>(scratch + StartsAt());
    auto* packed = reinterpret_cast<int16_t*>(scratch + PanelsAt());
    WidenRows(a, a_, length_, widened);
    for (size_t r = 0; r < a_.rows; ++r) starts[r] = widened + r * length_;
    PackColumns(b, b_, length_, packed);
    const Panels<int16_t> panels{packed, b_.columns, 1, length_, &requantization_};
    const size_t whole = 0;
    MultiplyInt8({{starts, a_.rows}, {&whole, 1}}, panels, 0, panels.count(), result, b_.columns);
  }

  Layout a_{}, b_{};
  size_t length_ = 0;  // of the sums, even
  Requantization requantization_;
  std::vector<std::array<size_t, 2>> batches_;  // which matrices of a and b make each result
};

}  // namespace

std::vector<std::array<size_t, 2>> BatchesOf(const PrepareContext& context) {
  const auto leading = [](const Tensor* tensor) {
    return Shape(tensor->shape.begin(), tensor->shape.end() - 2);
  };
  std::vector<std::array<size_t, 2>> batches;
  ForEachBroadcast<2>(leading(context.outputs[0]),
                      {leading(context.inputs[0]), leading(context.inputs[1])},
                      [&](size_t, const std::array<size_t, 2>& at) { batches.push_back(at); });
  return batches;
}

Requantization ProductRequantization(const PrepareContext& context, size_t columns) {
  const QuantParams& result = *context.outputs[0]->quant;
  const double ratio = static_cast<double>(context.inputs[0]->quant->scale()) *
                       static_cast<double>(context.inputs[1]->quant->scale()) /
                       static_cast<double>(result.scale());
  const size_t outputs = CeilDiv(columns, kPanelColumns) * kPanelColumns;
  Requantization requantization;
  requantization.bias.assign(outputs, 0);
  requantization.multiplier.assign(outputs, static_cast<float>(ratio));
  requantization.zero_point = result.zero_point();
  requantization.flip = context.OutputFlip(0);
  return requantization;
}

std::unique_ptr<Kernel> PrepareBatchMatMulInt8(const PrepareContext& context) {
  for (const Tensor* tensor : {context.inputs[0], context.inputs[1], context.outputs[0]}) {
    if (!IsInt8PerLayer(*tensor) || tensor->elements() == 0) return nullptr;
  }
  if (auto kernel = PrepareBatchMatMulDot(context)) return kernel;
  return std::make_unique<BatchMatMulInt8>(context);
}

}  // namespace qconvert
