#include "lib/kernels/depthwise_rows.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/depthwise_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizers need highway.
#include "lib/kernels/byte_requantizer.inc"
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
HWY_INLINE const typename Way::Weight* WeightsOf(const DepthwiseRows& rows, size_t row) {
  return reinterpret_cast<const typename Way::Weight*>(rows.weights[row]);
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
  template <size_t kPixel>
  HWY_INLINE V32 Get() const {
    if constexpr (kPixel == 0) {
      return sum;
    } else {
      return others.template Get<kPixel - 1>();
    }
  }
};
template <>
struct PixelSums<0> {
  HWY_INLINE void Start(V32) {}
  template <size_t kColumn, size_t kStride, class Way, size_t kTaps>
  HWY_INLINE void Add(typename Way::VX, const Taps<Way, kTaps>&) {}
};

/// Where the bytes of neighbouring pixels go.
struct PixelsPlace {
  int8_t* result;
  size_t step;     ///< from pixel to pixel
  size_t channel;  ///< of the first lane
  size_t count;    ///< channels that exist from there on
};

/// Stores the sums of neighbouring pixels from kPixel on.
template <size_t kPixel, size_t kPixels>
HWY_INLINE void StorePixels(const PixelSums<kPixels>& sums, const Requantizer<D32>& requantizer,
                            const PixelsPlace& place) {
  if constexpr (kPixel < kPixels) {
    int8_t* to = place.result + kPixel * place.step;
    const V32 sum = sums.template Get<kPixel>();
    if constexpr (kPixel + 2 <= kPixels) {
      if (HWY_LIKELY(place.count >= hn::Lanes(D32()))) {
        requantizer.StoreTwo(sum, place.channel, to, sums.template Get<kPixel + 1>(), place.channel,
                             to + place.step);
        return StorePixels<kPixel + 2>(sums, requantizer, place);
      }
    }
    requantizer.Store(sum, place.channel, place.count, to);
    StorePixels<kPixel + 1>(sums, requantizer, place);
  }
}

#if HWY_TARGET <= HWY_AVX3
/// The same with four pixels to a conversion.
template <size_t kPixel, size_t kPixels>
HWY_INLINE void StorePixels(const PixelSums<kPixels>& sums, const ByteRequantizer& requantizer,
                            const PixelsPlace& place) {
  constexpr size_t kLast = kPixels - 1;
  const auto steps = [&](V32 sum) HWY_ATTR { return requantizer.Steps(sum, place.channel); };
  const __m512i bytes = requantizer.Bytes(
      steps(sums.template Get<0>()), steps(sums.template Get<std::min<size_t>(1, kLast)>()),
      steps(sums.template Get<std::min<size_t>(2, kLast)>()), steps(sums.template Get<kLast>()));
  static_assert(kPixel == 0 && kPixels <= 4);
  StoreQuarters<0, kPixels>(bytes, place.count, reinterpret_cast<uint8_t*>(place.result),
                            place.step);
}
#endif

/// What one way of multiplying ends in.
template <class Way>
struct RequantizerOf {
  using Type = Requantizer<D32>;
};
#if HWY_TARGET <= HWY_AVX3
template <>
struct RequantizerOf<Vnni> {
  using Type = ByteRequantizer;
};
#endif

/// The sums of one output row, or of two, and the taps that they are multiplied with.
template <class Way, size_t kRows, size_t kTaps, size_t kStride, size_t kPixels>
struct RowSums {
  PixelSums<kPixels> sums;
  Taps<Way, kTaps> taps;
  RowSums<Way, kRows - 1, kTaps, kStride, kPixels> others;

  HWY_INLINE void Start(V32 bias) {
    sums.Start(bias);
    others.Start(bias);
  }
  HWY_INLINE void LoadTaps(const DepthwiseRows& rows, size_t at, size_t step) {
    taps.Load(WeightsOf<Way>(rows, kRows - 1) + at, step);
    others.LoadTaps(rows, at, step);
  }
  template <size_t kColumn>
  HWY_INLINE void Add(typename Way::VX x) {
    sums.template Add<kColumn, kStride>(x, taps);
    others.template Add<kColumn>(x);
  }
  HWY_INLINE void Store(const DepthwiseRows& rows,
                        const typename RequantizerOf<Way>::Type& requantizer, size_t x,
                        size_t c) const {
    int8_t* to = rows.results[kRows - 1] + x * rows.channels + c;
    StorePixels<0>(sums, requantizer, {to, rows.channels, c, rows.channels - c});
    others.Store(rows, requantizer, x, c);
  }
};
template <class Way, size_t kTaps, size_t kStride, size_t kPixels>
struct RowSums<Way, 0, kTaps, kStride, kPixels> {
  HWY_INLINE void Start(V32) {}
  HWY_INLINE void LoadTaps(const DepthwiseRows&, size_t, size_t) {}
  template <size_t kColumn>
  HWY_INLINE void Add(typename Way::VX) {}
  HWY_INLINE void Store(const DepthwiseRows&, const typename RequantizerOf<Way>::Type&, size_t,
                        size_t) const {}
};

template <size_t kColumn, size_t kColumns, class Way, class Sums>
HWY_INLINE void AddColumns(const int8_t* from, size_t step, Sums& sums) {
  if constexpr (kColumn < kColumns) {
    sums.template Add<kColumn>(Way::LoadInputs(from));
    AddColumns<kColumn + 1, kColumns, Way>(from + step, step, sums);
  }
}

/// Computes kPixels neighbours, from pixel x on, of kRows rows.
template <class Way, size_t kRows, size_t kTaps, size_t kStride, size_t kPixels>
void ComputePixels(const DepthwiseRows& rows, size_t x) {
  constexpr size_t kColumns = (kPixels - 1) * kStride + kTaps;
  const size_t step = Way::kGroup * rows.padded_channels;
  const typename RequantizerOf<Way>::Type requantizer(*rows.requantization);
  for (size_t c = 0; c < rows.channels; c += hn::Lanes(D32())) {
    RowSums<Way, kRows, kTaps, kStride, kPixels> sums;
    sums.Start(hn::LoadU(D32(), &rows.requantization->bias[c]));
    for (size_t group = 0; group < rows.groups; ++group) {
      sums.LoadTaps(rows, group * kTaps * step + Way::kGroup * c, step);
      AddColumns<0, kColumns, Way>(rows.rows[group] + x * kStride * step + Way::kGroup * c, step,
                                   sums);
    }
    sums.Store(rows, requantizer, x, c);
  }
}

/// The last pixels of a row are computed together with some of those before them once more.
template <class Way, size_t kRows, size_t kTaps, size_t kStride>
void ComputeDense(const DepthwiseRows& rows) {
  constexpr size_t kPixels = 4;
  if (rows.output_width < kPixels) {
    for (size_t x = 0; x < rows.output_width; ++x) {
      ComputePixels<Way, kRows, kTaps, kStride, 1>(rows, x);
    }
    return;
  }
  for (size_t x = 0; x < rows.output_width; x += kPixels) {
    ComputePixels<Way, kRows, kTaps, kStride, kPixels>(rows,
                                                       std::min(x, rows.output_width - kPixels));
  }
}

/// Any filter, stride and dilation.
template <class Way>
void ComputeAny(const DepthwiseRows& rows, size_t row) {
  const size_t step = Way::kGroup * rows.padded_channels;
  const Requantizer<D32> requantizer(*rows.requantization);
  for (size_t x = 0; x < rows.output_width; ++x) {
    for (size_t c = 0; c < rows.channels; c += hn::Lanes(D32())) {
      auto sum = hn::LoadU(D32(), &rows.requantization->bias[c]);
      for (size_t tap = 0; tap < rows.groups * rows.taps; ++tap) {
        const size_t column = x * rows.stride + tap % rows.taps * rows.dilation;
        sum = Way::MultiplyAdd(
            Way::LoadInputs(rows.rows[tap / rows.taps] + column * step + Way::kGroup * c),
            hn::LoadU(typename Way::DW(), WeightsOf<Way>(rows, row) + tap * step + Way::kGroup * c),
            sum);
      }
      requantizer.Store(sum, c, rows.channels - c, rows.results[row] + x * rows.channels + c);
    }
  }
}

template <class Way, size_t kRows>
void ComputeBy(const DepthwiseRows& rows) {
  const bool dense = rows.dilation == 1;
  if (dense && rows.taps == 3 && rows.stride == 1) return ComputeDense<Way, kRows, 3, 1>(rows);
  if (dense && rows.taps == 3 && rows.stride == 2) return ComputeDense<Way, kRows, 3, 2>(rows);
  if (dense && rows.taps == 5 && rows.stride == 1) return ComputeDense<Way, kRows, 5, 1>(rows);
  if (dense && rows.taps == 5 && rows.stride == 2) return ComputeDense<Way, kRows, 5, 2>(rows);
  for (size_t row = 0; row < kRows; ++row) ComputeAny<Way>(rows, row);
}

template <class Way>
void ComputeRows(const DepthwiseRows& rows) {
  rows.results[1] == nullptr ? ComputeBy<Way, 1>(rows) : ComputeBy<Way, 2>(rows);
}

void Compute(const DepthwiseRows& rows, size_t group_rows) {
  group_rows == Vnni::kGroup ? ComputeRows<Vnni>(rows) : ComputeRows<Widened>(rows);
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
HWY_EXPORT(Layout);

DepthwiseLayout DepthwiseLayoutHere(bool vnni) { return HWY_DYNAMIC_DISPATCH(Layout)(vnni); }

void ComputeDepthwiseRows(const DepthwiseRows& rows, size_t group_rows) {
  HWY_DYNAMIC_DISPATCH(Compute)(rows, group_rows);
}

}  // namespace qconvert
#endif
