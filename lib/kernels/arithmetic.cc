// Kernels of integer sums, products and the like: what rescales a row (int8_rows.h).
#include <algorithm>
#include <cmath>

#include "lib/kernels/broadcast_plan.h"
#include "lib/kernels/elementwise.h"
#include "lib/kernels/int8_rows.h"
#include "lib/kernels/layer_params.h"
#include "lib/kernels/split_range.h"
#include "lib/math/quantize.h"

namespace qconvert {
namespace {

class Int8RowKernel : public Kernel {
 public:
  Int8RowKernel(Int8RowFunction function, const Int8Row& row, BroadcastPlan plan)
      : function_(function), row_(row), plan_(std::move(plan)) {}

  std::string_view primitive() const override { return "rows:s8"; }
  bool HonoursFlips() const override { return true; }

  void Run(const Buffers& buffers) const override { RunRows(buffers, plan_, row_, function_); }

 private:
  Int8RowFunction function_;
  Int8Row row_;
  BroadcastPlan plan_;
};

/// Chooses as many fraction bits as keep factors within 15 bits and, of an offset below 1024 steps,
/// sums within 31. Scales so large that few are left have none.
void SetFixedPoint(Int8Row& row) {
  constexpr int kMostBits = 20, kLeastBits = 12;
  const float largest = std::max(std::abs(row.a_scale), std::abs(row.b_scale));
  const float most = std::floor(std::log2(32767 / largest));
  if (!(most >= kLeastBits) || !(std::abs(row.offset) < 1023)) return;
  const int bits = static_cast<int>(std::min(most, static_cast<float>(kMostBits)));
  const auto unit = static_cast<float>(1 << bits);
  row.fraction_bits = bits;
  row.a_factor = static_cast<int16_t>(std::lround(row.a_scale * unit));
  row.b_factor = static_cast<int16_t>(std::lround(row.b_scale * unit));
  row.fixed_offset = static_cast<int32_t>(std::lround((row.offset + 0.5F) * unit));
}

void SetScales(Int8Row& row, const PrepareContext& context, Int8Loop loop) {
  const QuantParams &a = *context.inputs[0]->quant, &b = *context.inputs[1]->quant;
  const QuantParams& result = *context.outputs[0]->quant;
  const bool sums = loop == Int8Loop::kAdd || loop == Int8Loop::kSub;
  const float sign = loop == Int8Loop::kSub ? -1 : 1;
  row.a_zero = static_cast<float>(a.zero_point());
  row.b_zero = static_cast<float>(b.zero_point());
  row.a_scale = a.scale() / result.scale();
  row.b_scale = (sums ? sign : a.scale()) * b.scale() / result.scale();
  row.offset = static_cast<float>(result.zero_point());
  if (sums) {
    row.offset -= row.a_scale * row.a_zero + row.b_scale * row.b_zero;
    SetFixedPoint(row);
  }
  if (loop == Int8Loop::kSquaredDifference) {
    row.a_scale = a.scale() / std::sqrt(result.scale());
    row.b_scale = b.scale() / std::sqrt(result.scale());
  }
  const IntegerLimits limits =
      ResultLimits(FusedActivation(context.node->op), {result.scale(), result.zero_point()});
  row.min = static_cast<float>(limits.min);
  row.max = static_cast<float>(limits.max);
}

}  // namespace

std::unique_ptr<Kernel> PrepareInt8Rows(const PrepareContext& context, Int8Loop loop) {
  const bool int8 = IsInt8PerLayer(*context.inputs[0]) && IsInt8PerLayer(*context.inputs[1]) &&
                    IsInt8PerLayer(*context.outputs[0]);
  if (!int8) return nullptr;
  BroadcastPlan plan =
      PlanBroadcast(context.outputs[0]->shape, context.inputs[0]->shape, context.inputs[1]->shape);
  Int8Row row;
  row.count = plan.row.size;
  row.a_moves = plan.row.a != 0;
  row.b_moves = plan.row.b != 0;
  row.a_flip = static_cast<int8_t>(context.InputFlip(0));
  row.b_flip = static_cast<int8_t>(context.InputFlip(1));
  row.flip = static_cast<int8_t>(context.OutputFlip(0));
  SetScales(row, context, loop);
  const Int8RowFunction function = FindInt8RowFunction(loop, row);
  return std::make_unique<Int8RowKernel>(function, row, std::move(plan));
}

}  // namespace qconvert
