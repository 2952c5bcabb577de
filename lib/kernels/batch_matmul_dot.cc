// Integer products of matrices that are both computed, by dot_gemm.h. The left one is read where it
// lies. The right one is packed anew in every run. Zero points are taken out of the sums:
//   sum (a - A) (b - B) = sum a b - A sum b - B sum a + K A B
// by a bias for each column and one for each row.
#include <cstring>

#include "lib/base/vectorize.h"
#include "lib/kernels/batch_matmul.h"
#include "lib/kernels/dot_gemm.h"
#include "lib/kernels/int8_requantization.h"

namespace qconvert {
namespace {

constexpr size_t kStepBytes = kPanelColumns * kDotProducts;

/// The right operand [K, N]: in rows, or in columns that lie together.
struct RightOperand {
  size_t depth, columns;
  bool transposed;
  int32_t zero_point;
  uint8_t flip;  ///< what its bytes are XORed with

  size_t steps() const { return CeilDiv(depth, kDotProducts); }
  size_t panel_bytes() const { return steps() * kStepBytes; }
};

/// Packs one column, whose numbers lie together.
void PackColumn(const uint8_t* from, size_t depth, uint32_t flips, uint8_t* to) {
  uint32_t four = 0;
  size_t k = 0;
  for (; k + kDotProducts <= depth; k += kDotProducts, to += kStepBytes) {
    std::memcpy(&four, from + k, kDotProducts);
    four ^= flips;
    std::memcpy(to, &four, sizeof(four));
  }
  if (k == depth) return;
  const size_t count = depth - k;
  four = 0;
  std::memcpy(&four, from + k, count);
  four ^= flips >> (8 * (kDotProducts - count));
  std::memcpy(to, &four, sizeof(four));
}

/// Packs columns that lie together.
void PackColumns(const uint8_t* from, const RightOperand& right, uint8_t* to) {
  for (size_t n = 0; n < right.columns; ++n, from += right.depth) {
    PackColumn(from, right.depth, right.flip * 0x01010101U,
               to + n / kPanelColumns * right.panel_bytes() + n % kPanelColumns * kDotProducts);
  }
}

/// Packs four rows of at most 16 columns, [columns, 4].
QCONVERT_VECTORIZE void PackFour(const std::array<const uint8_t*, kDotProducts>& rows, size_t count,
                                 uint32_t flips, uint32_t* to) {
  for (size_t n = 0; n < count; ++n) {
    to[n] = (rows[0][n] | uint32_t{rows[1][n]} << 8 | uint32_t{rows[2][n]} << 16 |
             uint32_t{rows[3][n]} << 24) ^
            flips;
  }
}

/// Packs rows.
void PackRows(const uint8_t* from, const RightOperand& right, uint8_t* to) {
  for (size_t step = 0; step < right.steps(); ++step) {
    const size_t k = step * kDotProducts, count = std::min(kDotProducts, right.depth - k);
    for (size_t n = 0; n < right.columns; n += kPanelColumns) {
      static constexpr std::array<uint8_t, kPanelColumns> kZeros{};
      std::array<const uint8_t*, kDotProducts> rows;
      rows.fill(kZeros.data());
      for (size_t i = 0; i < count; ++i) rows[i] = from + (k + i) * right.columns + n;
      uint8_t* panel = to + n / kPanelColumns * right.panel_bytes() + step * kStepBytes;
      PackFour(rows, std::min(kPanelColumns, right.columns - n),
               right.flip * 0x01010101U >> (8 * (kDotProducts - count)),
               reinterpret_cast<uint32_t*>(panel));
    }
  }
}

/// Returns the sums of the columns of a panel, each as often as `factor` says.
QCONVERT_VECTORIZE void SumColumns(const int8_t* panel, size_t steps, int32_t factor,
                                   int32_t* sums) {
  std::fill_n(sums, kPanelColumns, 0);
  for (size_t step = 0; step < steps; ++step, panel += kStepBytes) {
    for (size_t n = 0; n < kPanelColumns; ++n) {
      sums[n] += panel[4 * n] + panel[4 * n + 1] + panel[4 * n + 2] + panel[4 * n + 3];
    }
  }
  for (size_t n = 0; n < kPanelColumns; ++n) sums[n] *= factor;
}

QCONVERT_VECTORIZE int32_t SumOf(const uint8_t* row, size_t count) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += row[i];
  return sum;
}

class BatchMatMulDot : public Kernel {
 public:
  BatchMatMulDot(DotFunction function, const PrepareContext& context, const RightOperand& right)
      : function_(function),
        right_(right),
        rows_(static_cast<size_t>(context.outputs[0]->shape.end()[-2])),
        left_zero_(context.inputs[0]->quant->zero_point() + kSignFlip),
        requantization_(ProductRequantization(context, right.columns)),
        batches_(BatchesOf(context)) {}

  std::string_view primitive() const override { return "vnni product"; }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override {
    return ColumnsAt() + requantization_.bias.size() * sizeof(int32_t);
  }

  void Run(const Buffers& buffers) const override {
    const auto* a = reinterpret_cast<const uint8_t*>(buffers.inputs[0]);
    const auto* b = reinterpret_cast<const uint8_t*>(buffers.inputs[1]);
    auto* result = reinterpret_cast<uint8_t*>(buffers.outputs[0]);
    buffers.Split(static_cast<int>(batches_.size()), [&](int index, std::byte* scratch) {
      const auto batch = static_cast<size_t>(index);
      MultiplyOne(a + batches_[batch][0] * rows_ * right_.depth,
                  b + batches_[batch][1] * right_.depth * right_.columns, scratch,
                  result + batch * rows_ * right_.columns);
    });
  }

 private:
  size_t panels() const { return requantization_.bias.size() / kPanelColumns; }
  // Scratch: the packed right operand, where rows of the left one start, the biases of rows and of
  // columns.
  size_t StartsAt() const { return panels() * right_.panel_bytes(); }
  size_t RowsAt() const { return Aligned(StartsAt() + rows_ * sizeof(uint8_t*)); }
  size_t ColumnsAt() const { return Aligned(RowsAt() + rows_ * sizeof(int32_t)); }

  void MultiplyOne(const uint8_t* a, const uint8_t* b, std::byte* scratch, uint8_t* result) const {
    auto* packed = reinterpret_cast<int8_t*>(scratch);
    auto* starts = reinterpret_cast<const uint8_t**>(scratch + StartsAt());
    auto* row_bias = reinterpret_cast<int32_t*>(scratch + RowsAt());
    auto* bias = reinterpret_cast<int32_t*>(scratch + ColumnsAt());
    std::memset(packed, 0, StartsAt());
    (right_.transposed ? PackColumns : PackRows)(b, right_, reinterpret_cast<uint8_t*>(packed));
    for (size_t i = 0; i < panels(); ++i) {
      SumColumns(packed + i * right_.panel_bytes(), right_.steps(), -left_zero_,
                 bias + i * kPanelColumns);
    }
    const auto depth = static_cast<int32_t>(right_.depth);
    for (size_t r = 0; r < rows_; ++r) {
      starts[r] = a + r * right_.depth;
      row_bias[r] = right_.zero_point * (depth * left_zero_ - SumOf(starts[r], right_.depth));
    }
    const size_t whole = 0;
    const DotPanels panels_of_b{packed, right_.columns, 1, right_.steps(), bias, &requantization_};
    function_({{starts, rows_}, {&whole, 1}, row_bias}, panels_of_b, 0, panels(), result,
              right_.columns);
  }

  DotFunction function_;
  RightOperand right_;
  size_t rows_;
  int32_t left_zero_;  // of the left operand's bytes as they lie
  Requantization requantization_;
  std::vector<std::array<size_t, 2>> batches_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareBatchMatMulDot(const PrepareContext& context) {
  const BatchMatMul& product = *context.node->As<BatchMatMul>();
  const DotFunction function = DotFunctionHere();
  const bool lies_unsigned = context.InputFlip(0) != 0;
  if (function == nullptr || !context.exact_int8_dot || !lies_unsigned || product.transpose_a) {
    return nullptr;
  }
  const Shape& a = context.inputs[0]->shape;
  const RightOperand right{
      static_cast<size_t>(a.back()), static_cast<size_t>(context.outputs[0]->shape.back()),
      product.transpose_b, context.inputs[1]->quant->zero_point(), context.InputFlip(1)};
  constexpr size_t kMostDepth = size_t{1} << 15;  // that sums of 2^16 keep within 31 bits
  const bool fits = FitsSteps(ProductRequantization(context, right.columns), a.back());
  if (right.depth >= kMostDepth || !fits) return nullptr;
  return std::make_unique<BatchMatMulDot>(function, context, right);
}

}  // namespace qconvert
