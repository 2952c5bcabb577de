#include "lib/kernels/depthwise_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/depthwise_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/kernels/int8_requantizer.inc"

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<int32_t>;
using V32 = hn::Vec<D32>;

/// Two rows at a time, widened to 16 bits.
struct Widened {
  using Weight = int16_t;
  using DW = hn::RepartitionToNarrow<D32>;
  using VW = hn::Vec<DW>;
  using VX = VW;
  static constexpr size_t kGroup = 2;
  static constexpr int32_t kFlip = 0;

  static HWY_INLINE VX LoadInputs(const int8_t* from) {
    return hn::PromoteTo(DW(), hn::LoadU(hn::Rebind<int8_t, DW>(), from));
  }
  static HWY_INLINE V32 MultiplyAdd(VX x, VW weights, V32 sum) {
    auto unused = hn::Zero(D32());
    return hn::ReorderWidenMulAccumulate(D32(), x, weights, sum, unused);
  }
};

#if HWY_TARGET <= HWY_AVX3
/// Four rows at a time; inputs are unsigned.
struct Vnni {
  using Weight = int8_t;
  using DW = hn::Repartition<int8_t, D32>;
  using VW = hn::Vec<DW>;
  using VX = VW;
  static constexpr size_t kGroup = 4;
  static constexpr int32_t kFlip = 128;

  static HWY_INLINE VX LoadInputs(const int8_t* from) { return hn::LoadU(DW(), from); }
  /// In assembler: this target is of processors without the instruction too.
  static HWY_INLINE V32 MultiplyAdd(VX x, VW weights, V32 sum) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(weights.raw));
    return sum;
  }
};
#else
using Vnni = Widened;
#endif

template <class Way>
HWY_INLINE const typename Way::Weight* WeightsOf(const DepthwiseRow& row) {
  return reinterpret_cast<const typename Way::Weight*>(row.weights);
}

/// The weights of neighbouring taps. Members, not arrays: compilers keep them in registers.
template <class Way, size_t kTaps>
struct Taps {
  typename Way::VW tap;
  Taps<Way, kTaps - 1> others;

  HWY_INLINE void Load(const typename Way::Weight* weights, size_t step) {
    tap = hn::LoadU(typename Way::DW(), weights);
    others.Load(weights + step, step);
  }
  template <size_t kTap>
  HWY_INLINE typename Way::VW Get() const {
    if constexpr (kTap == 0) {
      return tap;
    } else {
      return others.template Get<kTap - 1>();
    }
  }
};
template <class Way>
struct Taps<Way, 0> {
  HWY_INLINE void Load(const typename Way::Weight*, size_t) {}
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
  template <size_t kColumn, size_t kStride, class Way, size_t kTaps>
  HWY_INLINE void Add(typename Way::VX x, const Taps<Way, kTaps>& taps) {
    if constexpr (kColumn < kTaps) sum = Way::MultiplyAdd(x, taps.template Get<kColumn>(), sum);
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
  template <size_t kColumn, size_t kStride, class Way, size_t kTaps>
  HWY_INLINE void Add(typename Way::VX, const Taps<Way, kTaps>&) {}
  HWY_INLINE void Store(const Requantizer<D32>&, size_t, size_t, int8_t*, size_t) const {}
};

template <size_t kColumn, size_t kColumns, size_t kStride, size_t kPixels, class Way, size_t kTaps>
HWY_INLINE void AddColumns(const int8_t* from, size_t step, const Taps<Way, kTaps>& taps,
                           PixelSums<kPixels>& sums) {
  if constexpr (kColumn < kColumns) {
    sums.template Add<kColumn, kStride>(Way::LoadInputs(from), taps);
    AddColumns<kColumn + 1, kColumns, kStride>(from + step, step, taps, sums);
  }
}

/// Computes kPixels neighbours, from pixel x on.
template <class Way, size_t kTaps, size_t kStride, size_t kPixels>
void ComputePixels(const DepthwiseRow& row, size_t x) {
  constexpr size_t kColumns = (kPixels - 1) * kStride + kTaps;
  const size_t step = Way::kGroup * row.padded_channels;
  const Requantizer<D32> requantizer(*row.requantization);
  for (size_t c = 0; c < row.channels; c += hn::Lanes(D32())) {
    PixelSums<kPixels> sums;
    sums.Start(hn::LoadU(D32(), &row.requantization->bias[c]));
    for (size_t group = 0; group < row.groups; ++group) {
      Taps<Way, kTaps> taps;
      taps.Load(WeightsOf<Way>(row) + group * kTaps * step + Way::kGroup * c, step);
      AddColumns<0, kColumns, kStride>(row.rows[group] + x * kStride * step + Way::kGroup * c, step,
                                       taps, sums);
    }
    sums.Store(requantizer, c, row.channels - c, row.result + x * row.channels + c, row.channels);
  }
}

template <class Way, size_t kTaps, size_t kStride>
void ComputeRow(const DepthwiseRow& row) {
  constexpr size_t kPixels = 4;
  size_t x = 0;
  for (; x + kPixels <= row.output_width; x += kPixels) {
    ComputePixels<Way, kTaps, kStride, kPixels>(row, x);
  }
  for (; x < row.output_width; ++x) ComputePixels<Way, kTaps, kStride, 1>(row, x);
}

/// Any filter, stride and dilation.
template <class Way>
void ComputeAnyRow(const DepthwiseRow& row) {
  const size_t step = Way::kGroup * row.padded_channels;
  const Requantizer<D32> requantizer(*row.requantization);
  for (size_t x = 0; x < row.output_width; ++x) {
    for (size_t c = 0; c < row.channels; c += hn::Lanes(D32())) {
      auto sum = hn::LoadU(D32(), &row.requantization->bias[c]);
      for (size_t tap = 0; tap < row.groups * row.taps; ++tap) {
        const size_t column = x * row.stride + tap % row.taps * row.dilation;
        sum = Way::MultiplyAdd(
            Way::LoadInputs(row.rows[tap / row.taps] + column * step + Way::kGroup * c),
            hn::LoadU(typename Way::DW(), WeightsOf<Way>(row) + tap * step + Way::kGroup * c), sum);
      }
      requantizer.Store(sum, c, row.channels - c, row.result + x * row.channels + c);
    }
  }
}

template <class Way>
void ComputeBy(const DepthwiseRow& row) {
  const bool dense = row.dilation == 1;
  if (dense && row.taps == 3 && row.stride == 1) return ComputeRow<Way, 3, 1>(row);
  if (dense && row.taps == 3 && row.stride == 2) return ComputeRow<Way, 3, 2>(row);
  if (dense && row.taps == 5 && row.stride == 1) return ComputeRow<Way, 5, 1>(row);
  if (dense && row.taps == 5 && row.stride == 2) return ComputeRow<Way, 5, 2>(row);
  ComputeAnyRow<Way>(row);
}

void Compute(const DepthwiseRow& row, size_t group_rows) {
  group_rows == Vnni::kGroup ? ComputeBy<Vnni>(row) : ComputeBy<Widened>(row);
}

/// Stores 16 channels of a group, in their order.
template <class Way>
HWY_INLINE void StoreGroup(const std::array<const int8_t*, kMostGroupedRows>& rows, size_t i,
                           int8_t* to) {
  const hn::CappedTag<uint8_t, 16> d8;
  const hn::Repartition<uint16_t, decltype(d8)> d16;
  const auto load = [&](size_t row) HWY_ATTR {
    const auto bytes = hn::LoadU(d8, reinterpret_cast<const uint8_t*>(rows[row] + i));
    return hn::Xor(bytes, hn::Set(d8, static_cast<uint8_t>(Way::kFlip)));
  };
  const auto store = [&](auto vector, size_t quarter) HWY_ATTR {
    hn::StoreU(hn::BitCast(d8, vector), d8, reinterpret_cast<uint8_t*>(to) + 16 * quarter);
  };
  const auto a = load(0), b = load(1);
  const auto low = hn::InterleaveLower(d8, a, b), high = hn::InterleaveUpper(d8, a, b);
  if constexpr (Way::kGroup == 2) {
    store(low, 0);
    store(high, 1);
  } else {
    const auto c = load(2), d = load(3);
    const auto low_ab = hn::BitCast(d16, low), high_ab = hn::BitCast(d16, high);
    const auto low_cd = hn::BitCast(d16, hn::InterleaveLower(d8, c, d));
    const auto high_cd = hn::BitCast(d16, hn::InterleaveUpper(d8, c, d));
    store(hn::InterleaveLower(d16, low_ab, low_cd), 0);
    store(hn::InterleaveUpper(d16, low_ab, low_cd), 1);
    store(hn::InterleaveLower(d16, high_ab, high_cd), 2);
    store(hn::InterleaveUpper(d16, high_ab, high_cd), 3);
  }
}

/// Interleaves `count` neighbouring numbers of each row.
template <class Way>
void InterleaveRun(std::array<const int8_t*, kMostGroupedRows> rows, size_t count, int8_t* to) {
  constexpr size_t kLanes = 16;
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) StoreGroup<Way>(rows, i, to + Way::kGroup * i);
  for (; i < count; ++i) {
    for (size_t row = 0; row < Way::kGroup; ++row) {
      to[Way::kGroup * i + row] = static_cast<int8_t>(rows[row][i] ^ Way::kFlip);
    }
  }
}

template <class Way>
void InterleaveBy(const RowGroup& group) {
  if (group.channels == group.padded_channels) {
    return InterleaveRun<Way>(group.rows, group.pixels * group.channels, group.to);
  }
  std::array<const int8_t*, kMostGroupedRows> rows = group.rows;
  for (size_t pixel = 0; pixel < group.pixels; ++pixel) {
    InterleaveRun<Way>(rows, group.channels,
                       group.to + pixel * group.padded_channels * Way::kGroup);
    for (size_t row = 0; row < Way::kGroup; ++row) rows[row] += group.channels;
  }
}

void Interleave(const RowGroup& group, size_t group_rows) {
  group_rows == Vnni::kGroup ? InterleaveBy<Vnni>(group) : InterleaveBy<Widened>(group);
}

DepthwiseLayout Layout(bool vnni) {
  if (vnni) return {hn::Lanes(D32()), Vnni::kGroup, Vnni::kFlip};
  return {hn::Lanes(D32()), Widened::kGroup, Widened::kFlip};
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(Compute);
HWY_EXPORT(Interleave);
HWY_EXPORT(Layout);

DepthwiseLayout DepthwiseLayoutHere(bool vnni) { return HWY_DYNAMIC_DISPATCH(Layout)(vnni); }

void InterleaveRows(const RowGroup& group, size_t group_rows) {
  HWY_DYNAMIC_DISPATCH(Interleave)(group, group_rows);
}

void ComputeDepthwiseRow(const DepthwiseRow& row, size_t group_rows) {
  HWY_DYNAMIC_DISPATCH(Compute)(row, group_rows);
}

}  // namespace qconvert
#endif
