#include "lib/ops/int8_gemm.h"

#include <algorithm>
#include <cstring>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/int8_gemm.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/ops/int8_requantizer.inc"

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 8 lanes of int32 at the most: a panel of 16 outputs is two vectors (four on 128-bit machines).
using D32 = hn::CappedTag<int32_t, 8>;
using D16 = hn::RepartitionToNarrow<D32>;
using V32 = hn::Vec<D32>;
using V16 = hn::Vec<D16>;

/// The sums of kRows windows by two vectors of outputs. One member a row: compilers keep these in
/// registers, arrays they do not.
template <size_t kRows>
struct Tile {
  V32 low, high;
  const int16_t* row;
  Tile<kRows - 1> others;

  HWY_INLINE void Start(const int16_t* const* starts, V32 low_bias, V32 high_bias) {
    row = *starts;
    low = low_bias;
    high = high_bias;
    others.Start(starts + 1, low_bias, high_bias);
  }
  HWY_INLINE void MultiplyAdd(size_t k, V16 low_weights, V16 high_weights) {
    int32_t two;
    __builtin_memcpy(&two, row + k, sizeof(two));
    const auto x = hn::BitCast(D16(), hn::Set(D32(), two));
    auto unused = hn::Zero(D32());
    low = hn::ReorderWidenMulAccumulate(D32(), x, low_weights, low, unused);
    high = hn::ReorderWidenMulAccumulate(D32(), x, high_weights, high, unused);
    others.MultiplyAdd(k, low_weights, high_weights);
  }
  HWY_INLINE void Store(const Requantizer<D32>& requantizer, size_t channel, size_t count,
                        int8_t* result, size_t stride) const {
    const size_t lanes = hn::Lanes(D32());
    if (HWY_LIKELY(count >= 2 * lanes)) {
      requantizer.StoreTwo(low, channel, result, high, channel + lanes, result + lanes);
    } else {
      requantizer.Store(low, channel, count, result);
      if (count > lanes) requantizer.Store(high, channel + lanes, count - lanes, result + lanes);
    }
    others.Store(requantizer, channel, count, result + stride, stride);
  }
};
template <>
struct Tile<0> {
  HWY_INLINE void Start(const int16_t* const*, V32, V32) {}
  HWY_INLINE void MultiplyAdd(size_t, V16, V16) {}
  HWY_INLINE void Store(const Requantizer<D32>&, size_t, size_t, int8_t*, size_t) const {}
};

/// The rows of a product that are computed together, and where they go.
struct Rows {
  const int16_t* const* starts;
  int8_t* result;
  size_t stride;
};

HWY_INLINE V16 LoadWide(const int8_t* from) {
  const hn::Rebind<int8_t, D16> d8;
  return hn::PromoteTo(D16(), hn::LoadU(d8, from));
}
HWY_INLINE V16 LoadWide(const int16_t* from) { return hn::LoadU(D16(), from); }

/// Computes two vectors of outputs from `channel` on; `packed` is what they are multiplied with.
template <size_t kRows, typename Number>
void MultiplyTile(const Rows& rows, std::span<const size_t> offsets, const Panels<Number>& right,
                  const Number* packed, size_t channel) {
  const size_t lanes = hn::Lanes(D32()), length = right.length;
  const Requantization& q = *right.requantization;
  Tile<kRows> tile;
  tile.Start(rows.starts, hn::LoadU(D32(), &q.bias[channel]),
             hn::LoadU(D32(), &q.bias[channel + lanes]));
  for (const size_t offset : offsets) {
    for (size_t k = offset; k < offset + length; k += 2) {
      tile.MultiplyAdd(k, LoadWide(packed), LoadWide(packed + 2 * lanes));
      packed += 2 * kPanelColumns;
    }
  }
  tile.Store(Requantizer<D32>(q), channel, right.outputs - channel, rows.result + channel,
             rows.stride);
}

template <size_t kRows, typename Number>
void MultiplyPanel(const Rows& rows, std::span<const size_t> offsets, const Panels<Number>& right,
                   size_t panel) {
  const size_t lanes = hn::Lanes(D32());
  for (size_t column = 0; column < kPanelColumns; column += 2 * lanes) {
    const size_t channel = panel * kPanelColumns + column;
    if (channel >= right.outputs) break;
    MultiplyTile<kRows>(rows, offsets, right, right.panel(panel) + 2 * column, channel);
  }
}

template <typename Number>
void Multiply(const WidenedWindows& windows, const Panels<Number>& right, size_t first_panel,
              size_t last_panel, int8_t* result, size_t stride) {
  constexpr size_t kRows = 6;  // 12 accumulators of 16 registers
  constexpr decltype(&MultiplyPanel<1, Number>) kRest[] = {
      MultiplyPanel<0, Number>, MultiplyPanel<1, Number>, MultiplyPanel<2, Number>,
      MultiplyPanel<3, Number>, MultiplyPanel<4, Number>, MultiplyPanel<5, Number>};
  const size_t count = windows.starts.size();
  for (size_t panel = first_panel; panel < last_panel; ++panel) {
    size_t r = 0;
    for (; r + kRows <= count; r += kRows) {
      MultiplyPanel<kRows>({&windows.starts[r], result + r * stride, stride}, windows.offsets,
                           right, panel);
    }
    if (r == count) continue;
    kRest[count - r]({&windows.starts[r], result + r * stride, stride}, windows.offsets, right,
                     panel);
  }
}

void MultiplyNarrow(const WidenedWindows& windows, const Panels<int8_t>& right, size_t first_panel,
                    size_t last_panel, int8_t* result, size_t stride) {
  Multiply(windows, right, first_panel, last_panel, result, stride);
}

void MultiplyWide(const WidenedWindows& windows, const Panels<int16_t>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  Multiply(windows, right, first_panel, last_panel, result, stride);
}

void Widen(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  const hn::Rebind<int8_t, D16> d8;
  const auto zero = hn::Set(D16(), static_cast<int16_t>(zero_point));
  const size_t lanes = hn::Lanes(D16());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Sub(hn::PromoteTo(D16(), hn::LoadU(d8, from + i)), zero), D16(), to + i);
  }
  for (; i < count; ++i) to[i] = static_cast<int16_t>(from[i] - zero_point);
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(MultiplyNarrow);
HWY_EXPORT(MultiplyWide);
HWY_EXPORT(Widen);

PackedWeights::PackedWeights(std::span<const int8_t> weights, size_t outputs, size_t pieces,
                             size_t length, Requantization requantization)
    : outputs_(outputs),
      pieces_(pieces),
      length_((length + 1) / 2 * 2),
      numbers_(Panels<int8_t>{.outputs = outputs}.count() * kPanelColumns * pieces * length_, 0),
      requantization_(std::move(requantization)) {
  for (size_t o = 0; o < outputs; ++o) {
    for (size_t piece = 0; piece < pieces; ++piece) {
      const int8_t* from = &weights[(o * pieces + piece) * length];
      int8_t* to = &numbers_[(o / kPanelColumns * pieces + piece) * length_ * kPanelColumns] +
                   2 * (o % kPanelColumns);
      for (size_t k = 0; k + 2 <= length; k += 2) std::memcpy(to + k * kPanelColumns, from + k, 2);
      if (length % 2 != 0) to[(length - 1) * kPanelColumns] = from[length - 1];
    }
  }
  requantization_.bias.resize(panels().count() * kPanelColumns, 0);
  requantization_.multiplier.resize(panels().count() * kPanelColumns, 0);
}

void MultiplyInt8(const WidenedWindows& windows, const Panels<int8_t>& weights, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyNarrow)(windows, weights, first_panel, last_panel, result, stride);
}

void MultiplyInt8(const WidenedWindows& windows, const Panels<int16_t>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyWide)(windows, right, first_panel, last_panel, result, stride);
}

void WidenInt8(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  HWY_DYNAMIC_DISPATCH(Widen)(from, count, zero_point, to);
}

}  // namespace qconvert
#endif
