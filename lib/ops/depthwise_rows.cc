#include "lib/ops/depthwise_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/depthwise_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/ops/int8_requantizer.inc"

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<int32_t>;
using D16 = hn::RepartitionToNarrow<D32>;
using V32 = hn::Vec<D32>;
using V16 = hn::Vec<D16>;

HWY_INLINE V32 MultiplyAdd(V16 x, V16 weights, V32 sum) {
  auto unused = hn::Zero(D32());
  return hn::ReorderWidenMulAccumulate(D32(), x, weights, sum, unused);
}

/// The weights of neighbouring taps. Members, not arrays: compilers keep them in registers.
template <size_t kTaps>
struct Taps {
  V16 tap;
  Taps<kTaps - 1> others;

  HWY_INLINE void Load(const int16_t* weights, size_t step) {
    tap = hn::LoadU(D16(), weights);
    others.Load(weights + step, step);
  }
  template <size_t kTap>
  HWY_INLINE V16 Get() const {
    if constexpr (kTap == 0) {
      return tap;
    } else {
      return others.template Get<kTap - 1>();
    }
  }
};
template <>
struct Taps<0> {
  HWY_INLINE void Load(const int16_t*, size_t) {}
};

/// The sums of neighbouring pixels of the result.
template <size_t kPixels>
struct PixelSums {
  V32 sum;
  PixelSums<kPixels - 1> others;

  HWY_INLINE void Start(V32 bias) {
    sum = bias;
    others.Start(bias);
  }
  /// Adds what column kColumn, counted from the first pixel's window, gives to each window.
  template <size_t kColumn, size_t kStride, size_t kTaps>
  HWY_INLINE void Add(V16 x, const Taps<kTaps>& taps) {
    if constexpr (kColumn < kTaps) sum = MultiplyAdd(x, taps.template Get<kColumn>(), sum);
    if constexpr (kColumn >= kStride) others.template Add<kColumn - kStride, kStride>(x, taps);
  }
  HWY_INLINE void Store(const Requantizer<D32>& requantizer, size_t channel, size_t count,
                        int8_t* to, size_t step) const {
    if constexpr (kPixels >= 2) {
      if (HWY_LIKELY(count >= hn::Lanes(D32()))) {
        requantizer.StoreTwo(sum, channel, to, others.sum, channel, to + step);
        return others.others.Store(requantizer, channel, count, to + 2 * step, step);
      }
    }
    requantizer.Store(sum, channel, count, to);
    others.Store(requantizer, channel, count, to + step, step);
  }
};
template <>
struct PixelSums<0> {
  HWY_INLINE void Start(V32) {}
  template <size_t kColumn, size_t kStride, size_t kTaps>
  HWY_INLINE void Add(V16, const Taps<kTaps>&) {}
  HWY_INLINE void Store(const Requantizer<D32>&, size_t, size_t, int8_t*, size_t) const {}
};

template <size_t kColumn, size_t kColumns, size_t kStride, size_t kPixels, size_t kTaps>
HWY_INLINE void AddColumns(const int16_t* from, size_t step, const Taps<kTaps>& taps,
                           PixelSums<kPixels>& sums) {
  if constexpr (kColumn < kColumns) {
    sums.template Add<kColumn, kStride>(hn::LoadU(D16(), from), taps);
    AddColumns<kColumn + 1, kColumns, kStride>(from + step, step, taps, sums);
  }
}

/// Computes kPixels neighbours, from pixel x on.
template <size_t kTaps, size_t kStride, size_t kPixels>
void ComputePixels(const DepthwiseRow& row, size_t x) {
  constexpr size_t kColumns = (kPixels - 1) * kStride + kTaps;
  const size_t step = 2 * row.padded_channels;
  const Requantizer<D32> requantizer(*row.requantization);
  for (size_t c = 0; c < row.channels; c += hn::Lanes(D32())) {
    PixelSums<kPixels> sums;
    sums.Start(hn::LoadU(D32(), &row.requantization->bias[c]));
    for (size_t pair = 0; pair < row.pairs; ++pair) {
      Taps<kTaps> taps;
      taps.Load(row.weights + pair * kTaps * step + 2 * c, step);
      AddColumns<0, kColumns, kStride>(row.rows[pair] + x * kStride * step + 2 * c, step, taps,
                                       sums);
    }
    sums.Store(requantizer, c, row.channels - c, row.result + x * row.channels + c, row.channels);
  }
}

template <size_t kTaps, size_t kStride>
void ComputeRow(const DepthwiseRow& row) {
  constexpr size_t kPixels = 4;
  size_t x = 0;
  for (; x + kPixels <= row.output_width; x += kPixels) {
    ComputePixels<kTaps, kStride, kPixels>(row, x);
  }
  for (; x < row.output_width; ++x) ComputePixels<kTaps, kStride, 1>(row, x);
}

/// Any filter, stride and dilation.
void ComputeAnyRow(const DepthwiseRow& row) {
  const size_t step = 2 * row.padded_channels;
  const Requantizer<D32> requantizer(*row.requantization);
  for (size_t x = 0; x < row.output_width; ++x) {
    for (size_t c = 0; c < row.channels; c += hn::Lanes(D32())) {
      auto sum = hn::LoadU(D32(), &row.requantization->bias[c]);
      for (size_t tap = 0; tap < row.pairs * row.taps; ++tap) {
        const size_t column = x * row.stride + tap % row.taps * row.dilation;
        sum = MultiplyAdd(hn::LoadU(D16(), row.rows[tap / row.taps] + column * step + 2 * c),
                          hn::LoadU(D16(), row.weights + tap * step + 2 * c), sum);
      }
      requantizer.Store(sum, c, row.channels - c, row.result + x * row.channels + c);
    }
  }
}

void Compute(const DepthwiseRow& row) {
  const bool dense = row.dilation == 1;
  if (dense && row.taps == 3 && row.stride == 1) return ComputeRow<3, 1>(row);
  if (dense && row.taps == 3 && row.stride == 2) return ComputeRow<3, 2>(row);
  if (dense && row.taps == 5 && row.stride == 1) return ComputeRow<5, 1>(row);
  if (dense && row.taps == 5 && row.stride == 2) return ComputeRow<5, 2>(row);
  ComputeAnyRow(row);
}

/// Interleaves `count` neighbouring numbers.
void WidenRun(const int8_t* a, const int8_t* b, size_t count, int32_t zero_point, int16_t* to) {
  const hn::Rebind<int8_t, D32> d8;
  const size_t lanes = hn::Lanes(D32());
  const auto zero = hn::Set(D16(), static_cast<int16_t>(zero_point));
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto even = hn::PromoteTo(D32(), hn::LoadU(d8, a + i));
    const auto odd = hn::ShiftLeft<16>(hn::PromoteTo(D32(), hn::LoadU(d8, b + i)));
    const auto both = hn::OddEven(hn::BitCast(D16(), odd), hn::BitCast(D16(), even));
    hn::StoreU(hn::Sub(both, zero), D16(), to + 2 * i);
  }
  for (; i < count; ++i) {
    to[2 * i] = static_cast<int16_t>(a[i] - zero_point);
    to[2 * i + 1] = static_cast<int16_t>(b[i] - zero_point);
  }
}

void WidenPair(const RowPair& rows) {
  if (rows.channels == rows.padded_channels) {
    return WidenRun(rows.a, rows.b, rows.pixels * rows.channels, rows.zero_point, rows.to);
  }
  for (size_t pixel = 0; pixel < rows.pixels; ++pixel) {
    WidenRun(rows.a + pixel * rows.channels, rows.b + pixel * rows.channels, rows.channels,
             rows.zero_point, rows.to + pixel * rows.padded_channels * 2);
  }
}

size_t LanesHere() { return hn::Lanes(D32()); }

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(Compute);
HWY_EXPORT(WidenPair);
HWY_EXPORT(LanesHere);

size_t DepthwiseLanes() { return HWY_DYNAMIC_DISPATCH(LanesHere)(); }

void WidenRowPair(const RowPair& rows) { HWY_DYNAMIC_DISPATCH(WidenPair)(rows); }

void ComputeDepthwiseRow(const DepthwiseRow& row) { HWY_DYNAMIC_DISPATCH(Compute)(row); }

}  // namespace qconvert
#endif
