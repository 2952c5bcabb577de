#include <algorithm>
#include <cmath>

#include "lib/kernels/broadcast_plan.h"
#include "lib/kernels/elementwise.h"
#include "lib/kernels/layer_params.h"
#include "lib/kernels/split_range.h"
#include "lib/math/quantize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/arithmetic.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

#ifndef QCONVERT_INT8_ROW  // this file includes itself, once for each target
#define QCONVERT_INT8_ROW
namespace qconvert {
namespace {

// A row of results and of operands, which move along or stay, with what rescales them.
struct Int8Row {
  const int8_t* a = nullptr;
  const int8_t* b = nullptr;
  int8_t* result = nullptr;
  size_t count = 0;
  bool a_moves = true, b_moves = true;
  float a_zero = 0, b_zero = 0;    // zero points
  float a_scale = 0, b_scale = 0;  // operand to result, or its root; of a product, b's is for both
  float offset = 0;                // added at the end
  float min = 0, max = 0;          // of the result's steps
  // The same of a sum in fixed-point numbers; no fraction bits: they would overflow.
  int fraction_bits = 0;
  int16_t a_factor = 0, b_factor = 0;
  int32_t fixed_offset = 0;
};

using RowFunction = void (*)(const Int8Row&);

}  // namespace
}  // namespace qconvert
#endif

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Widens lanes of int8, exactly.
template <class D>
hn::Vec<D> LoadWide(D d, const int8_t* from, bool moves, size_t i) {
  const hn::RebindToSigned<D> d32;
  const hn::Rebind<int8_t, D> d8;
  return moves ? hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, from + i)))
               : hn::Set(d, static_cast<float>(*from));
}

// Computes whole vectors of D from element `i` on; returns where it stopped.
template <class Function, class D>
size_t WideVectors(D d, const Int8Row& row, size_t i) {
  const hn::Rebind<int8_t, D> d8;
  const size_t lanes = hn::Lanes(d);
  const auto min = hn::Set(d, row.min), max = hn::Set(d, row.max);
  for (; i + lanes <= row.count; i += lanes) {
    const auto a = LoadWide(d, row.a, row.a_moves, i), b = LoadWide(d, row.b, row.b_moves, i);
    const auto clamped = hn::NearestInt(hn::Min(hn::Max(Function{}(d, a, b, row), min), max));
    hn::StoreU(hn::DemoteTo(d8, clamped), d8, row.result + i);
  }
  return i;
}

template <class Function>
void WideRow(const Int8Row& row) {
  const size_t done = WideVectors<Function>(hn::ScalableTag<float>(), row, 0);
  WideVectors<Function>(hn::CappedTag<float, 1>(), row, done);
}

// a_scale a + b_scale b + offset
struct WeightedSum {
  template <class D, class V>
  V operator()(D d, V a, V b, const Int8Row& row) const {
    const V scaled_a = hn::MulAdd(a, hn::Set(d, row.a_scale), hn::Set(d, row.offset));
    return hn::MulAdd(b, hn::Set(d, row.b_scale), scaled_a);
  }
};
// b_scale (a - a_zero) (b - b_zero) + offset; the product is exact, below 2^16
struct ScaledProduct {
  template <class D, class V>
  V operator()(D d, V a, V b, const Int8Row& row) const {
    const V x = hn::Sub(a, hn::Set(d, row.a_zero)), y = hn::Sub(b, hn::Set(d, row.b_zero));
    return hn::MulAdd(hn::Mul(x, y), hn::Set(d, row.b_scale), hn::Set(d, row.offset));
  }
};
// The product below zero, a_scale (a - a_zero) + offset above.
struct SlopedBelowZero {
  template <class D, class V>
  V operator()(D d, V a, V b, const Int8Row& row) const {
    const V x = hn::Sub(a, hn::Set(d, row.a_zero));
    const V above = hn::MulAdd(x, hn::Set(d, row.a_scale), hn::Set(d, row.offset));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), ScaledProduct{}(d, a, b, row), above);
  }
};

// (a_scale (a - a_zero) - b_scale (b - b_zero))^2 + offset
struct DifferenceSquared {
  template <class D, class V>
  V operator()(D d, V a, V b, const Int8Row& row) const {
    const V x = hn::Mul(hn::Sub(a, hn::Set(d, row.a_zero)), hn::Set(d, row.a_scale));
    const V y = hn::Mul(hn::Sub(b, hn::Set(d, row.b_zero)), hn::Set(d, row.b_scale));
    const V difference = hn::Sub(x, y);
    return hn::MulAdd(difference, difference, hn::Set(d, row.offset));
  }
};

// Sums in fixed-point numbers. Factors have 15 bits: what they are off by moves a result by less
// than a two hundredth of a step, which matters, for it is the same for all.
template <class D>
class FixedPointSum {
 public:
  explicit FixedPointSum(const Int8Row& row)
      : factors_(hn::OddEven(hn::Set(D(), row.b_factor), hn::Set(D(), row.a_factor))),
        offset_(hn::Set(D32(), row.fixed_offset)),
        min_(hn::Set(D8(), static_cast<int8_t>(row.min))),
        max_(hn::Set(D8(), static_cast<int8_t>(row.max))),
        fraction_bits_(row.fraction_bits) {}

  // Computes a vector of results; operands that stay are one number.
  HWY_INLINE void Compute(const int8_t* a, bool a_moves, const int8_t* b, bool b_moves,
                          int8_t* result) const {
    const auto x = Load(a, a_moves), y = Load(b, b_moves);
    const auto low = Scaled(hn::InterleaveLower(D(), x, y));
    const auto high = Scaled(hn::InterleaveUpper(D(), x, y));
    const auto steps = hn::DemoteTo(D8(), hn::ReorderDemote2To(D(), low, high));
    hn::StoreU(hn::Min(hn::Max(steps, min_), max_), D8(), result);
  }

 private:
  using D32 = hn::RepartitionToWide<D>;
  using D8 = hn::Rebind<int8_t, D>;

  static HWY_INLINE hn::Vec<D> Load(const int8_t* from, bool moves) {
    return moves ? hn::PromoteTo(D(), hn::LoadU(D8(), from))
                 : hn::Set(D(), static_cast<int16_t>(*from));
  }
  HWY_INLINE hn::Vec<D32> Scaled(hn::Vec<D> pairs) const {
    auto unused = hn::Zero(D32());
    const auto sum = hn::ReorderWidenMulAccumulate(D32(), pairs, factors_, offset_, unused);
    return hn::ShiftRightSame(sum, fraction_bits_);
  }

  hn::Vec<D> factors_;
  hn::Vec<D32> offset_;
  hn::Vec<D8> min_, max_;
  int fraction_bits_;
};

void FixedPointRow(const Int8Row& row) {
  using D = hn::ScalableTag<int16_t>;
  constexpr size_t kMost = hn::MaxLanes(D());
  const FixedPointSum<D> sum(row);
  const bool a_moves = row.a_moves, b_moves = row.b_moves;
  const int8_t *a = row.a, *b = row.b;
  int8_t* result = row.result;
  const size_t lanes = hn::Lanes(D());
  size_t left = row.count;
  for (; left >= lanes; left -= lanes, result += lanes) {
    sum.Compute(a, a_moves, b, b_moves, result);
    a += a_moves ? lanes : 0;
    b += b_moves ? lanes : 0;
  }
  if (left == 0) return;
  int8_t a_rest[kMost] = {}, b_rest[kMost] = {}, result_rest[kMost];
  std::copy_n(a, a_moves ? left : 1, a_rest);
  std::copy_n(b, b_moves ? left : 1, b_rest);
  sum.Compute(a_rest, a_moves, b_rest, b_moves, result_rest);
  std::copy_n(result_rest, left, result);
}

RowFunction SumRow(const Int8Row& row) {
  return row.fraction_bits > 0 ? FixedPointRow : WideRow<WeightedSum>;
}

// The same for functions of int8 itself.
template <class Function, class D>
size_t NarrowVectors(D d, const Int8Row& row, size_t i) {
  const size_t lanes = hn::Lanes(d);
  for (; i + lanes <= row.count; i += lanes) {
    const auto a = row.a_moves ? hn::LoadU(d, row.a + i) : hn::Set(d, *row.a);
    const auto b = row.b_moves ? hn::LoadU(d, row.b + i) : hn::Set(d, *row.b);
    hn::StoreU(Function{}(a, b), d, row.result + i);
  }
  return i;
}

template <class Function>
void NarrowRow(const Int8Row& row) {
  const size_t done = NarrowVectors<Function>(hn::ScalableTag<int8_t>(), row, 0);
  NarrowVectors<Function>(hn::CappedTag<int8_t, 1>(), row, done);
}

struct Larger {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Max(a, b);
  }
};
struct Smaller {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Min(a, b);
  }
};

RowFunction FindInt8Row(Int8Loop loop, const Int8Row& row) {
  switch (loop) {
    case Int8Loop::kAdd:
    case Int8Loop::kSub:
      return SumRow(row);
    case Int8Loop::kMul:
      return WideRow<ScaledProduct>;
    case Int8Loop::kSquaredDifference:
      return WideRow<DifferenceSquared>;
    case Int8Loop::kPRelu:
      return WideRow<SlopedBelowZero>;
    case Int8Loop::kMaximum:
      return NarrowRow<Larger>;
    case Int8Loop::kMinimum:
      return NarrowRow<Smaller>;
  }
  return nullptr;
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(FindInt8Row);

class Int8RowKernel : public Kernel {
 public:
  Int8RowKernel(RowFunction function, const Int8Row& row, BroadcastPlan plan)
      : function_(function), row_(row), plan_(std::move(plan)) {}

  std::string_view primitive() const override { return "rows:s8"; }

  void Run(const Buffers& buffers) const override { RunRows(buffers, plan_, row_, function_); }

 private:
  RowFunction function_;
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
  SetScales(row, context, loop);
  const RowFunction function = HWY_DYNAMIC_DISPATCH(FindInt8Row)(loop, row);
  return std::make_unique<Int8RowKernel>(function, row, std::move(plan));
}

}  // namespace qconvert
#endif  // HWY_ONCE
