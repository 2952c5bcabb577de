#include "lib/kernels/int8_gemm.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/int8_gemm.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/kernels/int8_requantizer.inc"

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
  template <class Output>
  HWY_INLINE void Store(const Output& output, size_t from) const {
    output.Store(low, high, from);
    others.Store(output, from + 1);
  }
};
template <>
struct Tile<0> {
  HWY_INLINE void Start(const int16_t* const*, V32, V32) {}
  HWY_INLINE void MultiplyAdd(size_t, V16, V16) {}
  template <class Output>
  HWY_INLINE void Store(const Output&, size_t) const {}
};

/// Two vectors of results from `channel` on, as int8.
class RequantizedColumns {
 public:
  RequantizedColumns(const Requantization& q, size_t channel, size_t outputs, int8_t* result,
                     size_t stride)
      : requantizer_(q),
        bias_(&q.bias[channel]),
        channel_(channel),
        count_(outputs - channel),
        result_(result + channel),
        stride_(stride) {}

  HWY_INLINE V32 Bias(size_t lane) const { return hn::LoadU(D32(), bias_ + lane); }
  HWY_INLINE void Store(V32 low, V32 high, size_t row) const {
    const size_t lanes = hn::Lanes(D32());
    int8_t* to = result_ + row * stride_;
    if (HWY_LIKELY(count_ >= 2 * lanes)) {
      requantizer_.StoreTwo(low, channel_, to, high, channel_ + lanes, to + lanes);
      return;
    }
    requantizer_.Store(low, channel_, count_, to);
    if (count_ > lanes) requantizer_.Store(high, channel_ + lanes, count_ - lanes, to + lanes);
  }

 private:
  Requantizer<D32> requantizer_;
  const int32_t* bias_;
  size_t channel_, count_;
  int8_t* result_;
  size_t stride_;
};

/// Two vectors of sums of a panel.
class SumColumns {
 public:
  explicit SumColumns(int32_t* sums) : sums_(sums) {}

  HWY_INLINE V32 Bias(size_t) const { return hn::Zero(D32()); }
  HWY_INLINE void Store(V32 low, V32 high, size_t row) const {
    hn::StoreU(low, D32(), sums_ + row * kPanelColumns);
    hn::StoreU(high, D32(), sums_ + row * kPanelColumns + hn::Lanes(D32()));
  }

 private:
  int32_t* sums_;
};

/// Results as int8 rows of all outputs.
struct Int8Rows {
  const Requantization& requantization;
  size_t outputs;
  int8_t* result;
  size_t stride;

  bool Has(size_t channel) const { return channel < outputs; }
  Int8Rows From(size_t row) const {
    return {requantization, outputs, result + row * stride, stride};
  }
  RequantizedColumns Columns(size_t channel) const {
    return {requantization, channel, outputs, result, stride};
  }
};

/// Sums of one panel, [rows, 16].
struct SumRows {
  int32_t* sums;

  bool Has(size_t) const { return true; }
  SumRows From(size_t row) const { return {sums + row * kPanelColumns}; }
  SumColumns Columns(size_t channel) const { return SumColumns(sums + channel % kPanelColumns); }
};

HWY_INLINE V16 LoadWide(const int8_t* from) {
  const hn::Rebind<int8_t, D16> d8;
  return hn::PromoteTo(D16(), hn::LoadU(d8, from));
}
HWY_INLINE V16 LoadWide(const int16_t* from) { return hn::LoadU(D16(), from); }

/// Computes two vectors of outputs; `packed` is what they are multiplied with.
template <size_t kRows, typename Number, class Columns>
HWY_INLINE void MultiplyTile(const int16_t* const* starts, std::span<const size_t> offsets,
                             size_t length, const Number* packed, const Columns& columns) {
  const size_t lanes = hn::Lanes(D32());
  Tile<kRows> tile;
  tile.Start(starts, columns.Bias(0), columns.Bias(lanes));
  for (const size_t offset : offsets) {
    for (size_t k = offset; k < offset + length; k += 2) {
      tile.MultiplyAdd(k, LoadWide(packed), LoadWide(packed + 2 * lanes));
      packed += 2 * kPanelColumns;
    }
  }
  tile.Store(columns, 0);
}

template <size_t kRows, typename Number, class Rows>
void MultiplyPanel(const int16_t* const* starts, std::span<const size_t> offsets,
                   const Panels<Number>& right, size_t panel, const Rows& rows) {
  const size_t lanes = hn::Lanes(D32());
  for (size_t column = 0; column < kPanelColumns; column += 2 * lanes) {
    const size_t channel = panel * kPanelColumns + column;
    if (!rows.Has(channel)) break;
    MultiplyTile<kRows>(starts, offsets, right.length, right.panel(panel) + 2 * column,
                        rows.Columns(channel));
  }
}

template <typename Number, class Rows>
void Multiply(const WidenedWindows& windows, const Panels<Number>& right, size_t panel,
              const Rows& rows) {
  constexpr size_t kRows = 6;  // 12 accumulators of 16 registers
  constexpr decltype(&MultiplyPanel<1, Number, Rows>) kRest[] = {
      MultiplyPanel<0, Number, Rows>, MultiplyPanel<1, Number, Rows>,
      MultiplyPanel<2, Number, Rows>, MultiplyPanel<3, Number, Rows>,
      MultiplyPanel<4, Number, Rows>, MultiplyPanel<5, Number, Rows>};
  const size_t count = windows.starts.size();
  size_t r = 0;
  for (; r + kRows <= count; r += kRows) {
    MultiplyPanel<kRows>(&windows.starts[r], windows.offsets, right, panel, rows.From(r));
  }
  if (r == count) return;
  kRest[count - r](&windows.starts[r], windows.offsets, right, panel, rows.From(r));
}

template <typename Number>
void MultiplyRows(const WidenedWindows& windows, const Panels<Number>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  const Int8Rows rows{*right.requantization, right.outputs, result, stride};
  for (size_t panel = first_panel; panel < last_panel; ++panel) {
    Multiply(windows, right, panel, rows);
  }
}

void MultiplyNarrow(const WidenedWindows& windows, const Panels<int8_t>& right, size_t first_panel,
                    size_t last_panel, int8_t* result, size_t stride) {
  MultiplyRows(windows, right, first_panel, last_panel, result, stride);
}

void MultiplyWide(const WidenedWindows& windows, const Panels<int16_t>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  MultiplyRows(windows, right, first_panel, last_panel, result, stride);
}

void SumPanel(const WidenedWindows& windows, const Panels<int16_t>& right, size_t panel,
              int32_t* sums) {
  Multiply(windows, right, panel, SumRows{sums});
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
HWY_EXPORT(SumPanel);
HWY_EXPORT(Widen);

template <typename Number>
PackedWeights<Number>::PackedWeights(const PanelShape& shape, Requantization requantization)
    : shape_{shape.outputs, shape.pieces, (shape.length + 1) / 2 * 2},
      requantization_(std::move(requantization)) {
  numbers_.assign(panels().count() * kPanelColumns * shape_.pieces * shape_.length, 0);
  requantization_.bias.resize(panels().count() * kPanelColumns, 0);
  requantization_.multiplier.resize(panels().count() * kPanelColumns, 0);
}

template <typename Number>
PackedWeights<Number>::PackedWeights(std::span<const Number> weights, const PanelShape& shape,
                                     Requantization requantization)
    : PackedWeights(shape, std::move(requantization)) {
  for (size_t o = 0; o < shape.outputs; ++o) {
    for (size_t piece = 0; piece < shape.pieces; ++piece) {
      const Number* from = &weights[(o * shape.pieces + piece) * shape.length];
      Number* to = At(o, piece, 0);
      size_t k = 0;
      for (; k + 2 <= shape.length; k += 2) std::copy_n(from + k, 2, to + k * kPanelColumns);
      if (k < shape.length) to[k * kPanelColumns] = from[k];
    }
  }
}

template class PackedWeights<int8_t>;
template class PackedWeights<int16_t>;

void MultiplyInt8(const WidenedWindows& windows, const Panels<int8_t>& weights, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyNarrow)(windows, weights, first_panel, last_panel, result, stride);
}

void MultiplyInt8(const WidenedWindows& windows, const Panels<int16_t>& right, size_t first_panel,
                  size_t last_panel, int8_t* result, size_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyWide)(windows, right, first_panel, last_panel, result, stride);
}

void SumInt8Panel(const WidenedWindows& windows, const Panels<int16_t>& right, size_t panel,
                  int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(SumPanel)(windows, right, panel, sums);
}

void WidenInt8(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  HWY_DYNAMIC_DISPATCH(Widen)(from, count, zero_point, to);
}

}  // namespace qconvert
#endif
