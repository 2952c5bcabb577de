#include "lib/kernels/int8_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/int8_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Loads lanes of int8, or one number for all.
template <class D8>
HWY_INLINE hn::Vec<D8> LoadSigned(D8 d8, const int8_t* from, bool moves, hn::Vec<D8> flip) {
  return hn::Xor(moves ? hn::LoadU(d8, from) : hn::Set(d8, *from), flip);
}

// Loads the first `count` of a vector's lanes of int8, the others are 0; or one number for all.
template <class D8>
HWY_INLINE hn::Vec<D8> LoadSome(D8 d8, const int8_t* from, bool moves, hn::Vec<D8> flip,
                                size_t count) {
  if (!moves) return LoadSigned(d8, from, moves, flip);
#if HWY_TARGET <= HWY_AVX3
  return hn::Xor(hn::MaskedLoad(hn::FirstN(d8, count), d8, from), flip);
#else
  HWY_ALIGN int8_t some[hn::MaxLanes(d8)] = {};
  std::copy_n(from, count, some);
  return LoadSigned(d8, some, moves, flip);
#endif
}

// Stores the first `count` of a vector's lanes.
template <class D8>
HWY_INLINE void StoreSome(D8 d8, hn::Vec<D8> bytes, size_t count, int8_t* to) {
#if HWY_TARGET <= HWY_AVX3
  hn::BlendedStore(bytes, hn::FirstN(d8, count), d8, to);
#else
  HWY_ALIGN int8_t all[hn::MaxLanes(d8)];
  hn::Store(bytes, d8, all);
  std::copy_n(all, count, to);
#endif
}

// Computes a row of results in float32, two vectors at a time.
template <class Function>
class WideFunction {
 public:
  // Copies the row: a store of bytes could change it.
  explicit WideFunction(const Int8Row& row)
      : row_(row),
        min_(hn::Set(D(), row.min)),
        max_(hn::Set(D(), row.max)),
        a_flip_(hn::Set(D8(), row.a_flip)),
        b_flip_(hn::Set(D8(), row.b_flip)),
        flip_(hn::Set(D8Two(), row.flip)) {}

  void Compute() const {
    constexpr size_t kLanes = hn::MaxLanes(D());
    size_t i = 0;
    for (; i + 2 * kLanes <= row_.count; i += 2 * kLanes) StoreTwo(Steps(i), Steps(i + kLanes), i);
    for (; i < row_.count; i += kLanes) {
      const size_t count = std::min(row_.count - i, kLanes);
      const auto a = LoadSome(D8(), A(i), row_.a_moves, a_flip_, count);
      const auto b = LoadSome(D8(), B(i), row_.b_moves, b_flip_, count);
      const auto bytes = hn::Xor(hn::DemoteTo(D8(), Steps(a, b)), hn::LowerHalf(D8(), flip_));
      StoreSome(D8(), bytes, count, row_.result + i);
    }
  }

 private:
  using D = hn::ScalableTag<float>;
  using D32 = hn::RebindToSigned<D>;
  using D16 = hn::RepartitionToNarrow<D32>;
  using D8Two = hn::Rebind<int8_t, D16>;
  using D8 = hn::Rebind<int8_t, D>;

  HWY_INLINE const int8_t* A(size_t i) const { return row_.a + (row_.a_moves ? i : 0); }
  HWY_INLINE const int8_t* B(size_t i) const { return row_.b + (row_.b_moves ? i : 0); }

  static HWY_INLINE hn::Vec<D> Wide(hn::Vec<D8> bytes) {
    return hn::ConvertTo(D(), hn::PromoteTo(D32(), bytes));
  }
  HWY_INLINE hn::Vec<D32> Steps(hn::Vec<D8> a, hn::Vec<D8> b) const {
    const auto clamped = hn::Min(hn::Max(Function{}(D(), Wide(a), Wide(b), row_), min_), max_);
    // Adding 1.5 x 2^23 rounds to the nearest integer, which the low bits then hold.
    const auto magic = hn::Set(D(), 12582912.0F);
    return hn::Sub(hn::BitCast(D32(), hn::Add(clamped, magic)), hn::BitCast(D32(), magic));
  }
  HWY_INLINE hn::Vec<D32> Steps(size_t i) const {
    return Steps(LoadSigned(D8(), A(i), row_.a_moves, a_flip_),
                 LoadSigned(D8(), B(i), row_.b_moves, b_flip_));
  }

  HWY_INLINE void StoreTwo(hn::Vec<D32> first, hn::Vec<D32> second, size_t i) const {
    const hn::Repartition<uint32_t, D8Two> fours;
    const hn::Half<D8Two> half;
    // In turn four results of the first vector and four of the second.
    const auto steps = hn::ReorderDemote2To(D16(), first, second);
    const auto bytes = hn::Xor(hn::DemoteTo(D8Two(), steps), flip_);
    const auto both = hn::BitCast(fours, bytes);
    const auto in_first = hn::BitCast(D8Two(), hn::ConcatEven(fours, both, both));
    const auto in_second = hn::BitCast(D8Two(), hn::ConcatOdd(fours, both, both));
    hn::StoreU(hn::LowerHalf(half, in_first), half, row_.result + i);
    hn::StoreU(hn::LowerHalf(half, in_second), half, row_.result + i + hn::MaxLanes(D()));
  }

  Int8Row row_;
  hn::Vec<D> min_, max_;
  hn::Vec<D8> a_flip_, b_flip_;
  hn::Vec<D8Two> flip_;
};

template <class Function>
void WideRow(const Int8Row& row) {
  WideFunction<Function>(row).Compute();
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
        flip_(hn::Set(D8(), row.flip)),
        a_flip_(hn::Set(D8(), row.a_flip)),
        b_flip_(hn::Set(D8(), row.b_flip)),
        fraction_bits_(row.fraction_bits) {}

  // Computes a vector of results; operands that stay are one number.
  HWY_INLINE void Compute(const int8_t* a, bool a_moves, const int8_t* b, bool b_moves,
                          int8_t* result) const {
    const auto x = hn::PromoteTo(D(), LoadSigned(D8(), a, a_moves, a_flip_));
    const auto y = hn::PromoteTo(D(), LoadSigned(D8(), b, b_moves, b_flip_));
    const auto low = Scaled(hn::InterleaveLower(D(), x, y));
    const auto high = Scaled(hn::InterleaveUpper(D(), x, y));
    const auto steps = hn::DemoteTo(D8(), hn::ReorderDemote2To(D(), low, high));
    hn::StoreU(hn::Xor(hn::Min(hn::Max(steps, min_), max_), flip_), D8(), result);
  }

 private:
  using D32 = hn::RepartitionToWide<D>;
  using D8 = hn::Rebind<int8_t, D>;

  HWY_INLINE hn::Vec<D32> Scaled(hn::Vec<D> pairs) const {
    auto unused = hn::Zero(D32());
    const auto sum = hn::ReorderWidenMulAccumulate(D32(), pairs, factors_, offset_, unused);
    return hn::ShiftRightSame(sum, fraction_bits_);
  }

  hn::Vec<D> factors_;
  hn::Vec<D32> offset_;
  hn::Vec<D8> min_, max_, flip_, a_flip_, b_flip_;
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

Int8RowFunction SumRow(const Int8Row& row) {
  return row.fraction_bits > 0 ? FixedPointRow : WideRow<WeightedSum>;
}

// The same for functions of int8 itself.
template <class Function, class D>
size_t NarrowVectors(D d, const Int8Row& row, size_t i) {
  const size_t lanes = hn::Lanes(d);
  const auto a_flip = hn::Set(d, row.a_flip), b_flip = hn::Set(d, row.b_flip);
  const auto flip = hn::Set(d, row.flip);
  for (; i + lanes <= row.count; i += lanes) {
    const auto a = LoadSigned(d, row.a + (row.a_moves ? i : 0), row.a_moves, a_flip);
    const auto b = LoadSigned(d, row.b + (row.b_moves ? i : 0), row.b_moves, b_flip);
    hn::StoreU(hn::Xor(Function{}(a, b), flip), d, row.result + i);
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

Int8RowFunction FindInt8Row(Int8Loop loop, const Int8Row& row) {
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

HWY_EXPORT(FindInt8Row);

Int8RowFunction FindInt8RowFunction(Int8Loop loop, const Int8Row& row) {
  return HWY_DYNAMIC_DISPATCH(FindInt8Row)(loop, row);
}

}  // namespace qconvert
#endif  // HWY_ONCE
