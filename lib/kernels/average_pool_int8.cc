// Integer means over windows. The rows of a window are added up first, for a whole row of the
// image: places that overlap share these sums.
#include "lib/kernels/pooled_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/average_pool_int8.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Adds up the rows of the window: sums [W,C], from element i on. Returns where it stopped.
template <class D>
size_t SumRows(D d, const PooledRow& row, hn::TFromD<D>* sums, size_t i) {
  const hn::Rebind<int8_t, D> d8;
  const auto flip = hn::Set(d8, row.input_flip);
  const size_t elements = row.width * row.channels;
  for (; i + hn::Lanes(d) <= elements; i += hn::Lanes(d)) {
    auto sum = hn::Zero(d);
    for (size_t y = 0; y < row.rows; ++y) {
      const auto bytes = hn::LoadU(d8, row.first + y * elements + i);
      sum = hn::Add(sum, hn::PromoteTo(d, hn::Xor(bytes, flip)));
    }
    hn::StoreU(sum, d, sums + i);
  }
  return i;
}

/// Divides by a count in float32, halves away from zero. Half a unit more keeps the product on the
/// right side of a whole number, which sums miss by a unit: 1 / count is 2^-14 at the least, the
/// rounding of a product below 128 is 2^-17.
class Divider32 {
 public:
  explicit Divider32(size_t count)
      : half_(static_cast<float>(count / 2) + 0.5F), share_(1.0F / static_cast<float>(count)) {}

  template <class D>
  HWY_INLINE hn::Vec<D> Divide(D d, hn::Vec<D> sums) const {
    const hn::RebindToFloat<D> df;
    const auto real = hn::ConvertTo(df, sums);
    const auto away = hn::Add(real, hn::CopySign(hn::Set(df, half_), real));
    return hn::ConvertTo(d, hn::Mul(away, hn::Set(df, share_)));
  }

 private:
  float half_, share_;
};

/// The same for a count of at most 16, by the upper half of a product of 16-bit integers. It
/// multiplies 2n, n <= 128.5 count, by m = ceil(2^15 / count), m count = 2^15 + e, e < count. The
/// result is the whole part of n / count as n e < 2^15: e is 0 for 16, and less than 15 below.
class Divider16 {
 public:
  explicit Divider16(size_t count)
      : half_(static_cast<int16_t>(count / 2)),
        share_(static_cast<uint16_t>(((size_t{1} << 15) + count - 1) / count)) {}

  template <class D>
  HWY_INLINE hn::Vec<D> Divide(D d, hn::Vec<D> sums) const {
    const hn::RebindToUnsigned<D> du;
    const auto magnitude = hn::Add(hn::Abs(sums), hn::Set(d, half_));
    const auto doubled = hn::BitCast(du, hn::Add(magnitude, magnitude));
    const auto mean = hn::BitCast(d, hn::MulHigh(doubled, hn::Set(du, share_)));
    return hn::IfNegativeThenElse(sums, hn::Neg(mean), mean);
  }

 private:
  int16_t half_;
  uint16_t share_;
};

/// Writes one pixel of the result from channel c on. Returns where it stopped.
///   sums  of rows, [W,C]
template <class Divider, class D>
size_t AveragePixel(D d, const PooledRow& row, size_t place, const hn::TFromD<D>* sums, size_t c) {
  const hn::Rebind<int8_t, D> d8;
  const auto [first, count] = row.places[place];
  const Divider divider(row.rows * count);
  const auto min = hn::Set(d8, static_cast<int8_t>(row.limits.min));
  const auto max = hn::Set(d8, static_cast<int8_t>(row.limits.max));
  for (; c + hn::Lanes(d) <= row.channels; c += hn::Lanes(d)) {
    const auto* from = sums + first * row.channels + c;
    auto sum = hn::LoadU(d, from);
    for (size_t x = 1; x < count; ++x) {
      sum = hn::Add(sum, hn::LoadU(d, from + x * row.channels));
    }
    const auto mean = hn::DemoteTo(d8, divider.Divide(d, sum));
    const auto bytes = hn::Xor(hn::Min(hn::Max(mean, min), max), hn::Set(d8, row.output_flip));
    hn::StoreU(bytes, d8, row.result + place * row.channels + c);
  }
  return c;
}

template <typename Sum, class Divider>
void Average(const PooledRow& row) {
  const hn::ScalableTag<Sum> all;
  const hn::CappedTag<Sum, 8> some;
  const hn::CappedTag<Sum, 1> one;
  auto* sums = reinterpret_cast<Sum*>(row.scratch);
  SumRows(one, row, sums, SumRows(all, row, sums, 0));
  for (size_t place = 0; place < row.places.size(); ++place) {
    size_t done = AveragePixel<Divider>(all, row, place, sums, 0);
    done = AveragePixel<Divider>(some, row, place, sums, done);
    AveragePixel<Divider>(one, row, place, sums, done);
  }
}

PoolFunction FewHere() { return Average<int16_t, Divider16>; }
PoolFunction ManyHere() { return Average<int32_t, Divider32>; }

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(FewHere);
HWY_EXPORT(ManyHere);

RowPool AveragesOf(int64_t taps) {
  if (taps <= 16) return {HWY_DYNAMIC_DISPATCH(FewHere)(), sizeof(int16_t)};
  return {HWY_DYNAMIC_DISPATCH(ManyHere)(), sizeof(int32_t)};
}

}  // namespace qconvert
#endif  // HWY_ONCE
