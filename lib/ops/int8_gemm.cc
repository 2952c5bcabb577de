#include "lib/ops/int8_gemm.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/ops/int8_gemm.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 8 lanes of int32 at the most: a panel of 16 outputs is two vectors (four on 128-bit machines).
using D32 = hn::CappedTag<int32_t, 8>;
using D16 = hn::RepartitionToNarrow<D32>;

/// Rounds, adds the zero point, clamps; returns int32 lanes.
template <class V32>
V32 Requantize(V32 sums, const Requantization& q, size_t channel) {
  const D32 d32;
  const hn::RebindToFloat<D32> df;
  const auto multiplier = hn::LoadU(df, &q.multiplier[channel]);
  const auto biased = hn::Add(sums, hn::LoadU(d32, &q.bias[channel]));
  const auto steps = hn::NearestInt(hn::Mul(hn::ConvertTo(df, biased), multiplier));
  const auto shifted = hn::Add(steps, hn::Set(d32, q.zero_point));
  return hn::Min(hn::Max(shifted, hn::Set(d32, q.min)), hn::Set(d32, q.max));
}

/// Stores the low bytes of `count` lanes.
template <class V32>
void StoreInt8(V32 values, int8_t* to, size_t count) {
  const D32 d32;
  const size_t lanes = hn::Lanes(d32);
  const hn::Rebind<int8_t, D32> d8;
  const auto bytes = hn::DemoteTo(d8, values);
  if (count >= lanes) {
    hn::StoreU(bytes, d8, to);
    return;
  }
  HWY_ALIGN int8_t all[8];
  hn::Store(bytes, d8, all);
  std::copy_n(all, count, to);
}

/// One block of kRows rows by one panel of 16 outputs.
template <size_t kRows>
void MultiplyBlock(const int16_t* left, const PackedWeights& weights, size_t panel, int8_t* result,
                   size_t stride) {
  const D32 d32;
  const D16 d16;
  const size_t lanes = hn::Lanes(d32), depth = weights.padded_depth();
  const int16_t* packed = weights.panel(panel);
  for (size_t half = 0; half < PackedWeights::kColumns; half += 2 * lanes) {
    hn::Vec<D32> low[kRows], high[kRows];
    for (size_t r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(d32);
    for (size_t k = 0; k < depth; k += 2) {
      const int16_t* pair = packed + k * PackedWeights::kColumns + 2 * half;
      const auto w_low = hn::LoadU(d16, pair), w_high = hn::LoadU(d16, pair + 2 * lanes);
      for (size_t r = 0; r < kRows; ++r) {
        int32_t two;
        __builtin_memcpy(&two, left + r * depth + k, sizeof(two));
        const auto x = hn::BitCast(d16, hn::Set(d32, two));
        auto unused = hn::Zero(d32);
        low[r] = hn::ReorderWidenMulAccumulate(d32, x, w_low, low[r], unused);
        high[r] = hn::ReorderWidenMulAccumulate(d32, x, w_high, high[r], unused);
      }
    }
    const size_t channel = panel * PackedWeights::kColumns + half;
    if (channel >= weights.outputs()) break;
    const size_t left_over = weights.outputs() - channel;
    for (size_t r = 0; r < kRows; ++r) {
      const Requantization& q = weights.requantization();
      StoreInt8(Requantize(low[r], q, channel), result + r * stride + channel, left_over);
      if (left_over > lanes) {
        StoreInt8(Requantize(high[r], q, channel + lanes), result + r * stride + channel + lanes,
                  left_over - lanes);
      }
    }
  }
}

void Multiply(const int16_t* left, size_t rows, const PackedWeights& weights, int8_t* result,
              size_t stride) {
  constexpr size_t kRows = 6;  // 12 accumulators of 16 registers
  for (size_t panel = 0; panel < weights.panels(); ++panel) {
    size_t r = 0;
    for (; r + kRows <= rows; r += kRows) {
      MultiplyBlock<kRows>(left + r * weights.padded_depth(), weights, panel, result + r * stride,
                           stride);
    }
    for (; r < rows; ++r) {
      MultiplyBlock<1>(left + r * weights.padded_depth(), weights, panel, result + r * stride,
                       stride);
    }
  }
}

void Widen(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  const D16 d16;
  const hn::Rebind<int8_t, D16> d8;
  const auto zero = hn::Set(d16, static_cast<int16_t>(zero_point));
  const size_t lanes = hn::Lanes(d16);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Sub(hn::PromoteTo(d16, hn::LoadU(d8, from + i)), zero), d16, to + i);
  }
  for (; i < count; ++i) to[i] = static_cast<int16_t>(from[i] - zero_point);
}

/// 16-bit lanes of one output pixel: interleaves two taps and lets the pair sum to 32 bits.
void DepthwisePixel(const DepthwiseRow& row, size_t x, size_t c, size_t count) {
  const D32 d32;
  const D16 d16;
  const size_t lanes = hn::Lanes(d32), taps = row.taps_h * row.taps_w;
  auto low = hn::Zero(d32), high = hn::Zero(d32);
  const auto tap = [&](size_t t) {
    const size_t column = x * row.stride_w + t % row.taps_w * row.dilation_w;
    return hn::LoadU(d16, row.rows[t / row.taps_w] + column * row.channels + c);
  };
  auto unused = hn::Zero(d32);
  for (size_t t = 0; t < taps; t += 2) {
    const bool pair = t + 1 < taps;
    const auto a = tap(t), b = pair ? tap(t + 1) : hn::Zero(d16);
    const auto wa = hn::LoadU(d16, row.weights + t * row.channels + c);
    const auto wb = pair ? hn::LoadU(d16, row.weights + (t + 1) * row.channels + c) : hn::Zero(d16);
    low = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, a, b),
                                        hn::InterleaveLower(d16, wa, wb), low, unused);
    high = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, a, b),
                                         hn::InterleaveUpper(d16, wa, wb), high, unused);
  }
  // Interleaving works in 128-bit blocks: low holds channels 0-3 and 8-11, high 4-7 and 12-15.
  const auto first = lanes == 8 ? hn::ConcatLowerLower(d32, high, low) : low;
  const auto second = lanes == 8 ? hn::ConcatUpperUpper(d32, high, low) : high;
  int8_t* to = row.result + x * row.channels + c;
  StoreInt8(Requantize(first, *row.requantization, c), to, count);
  if (count > lanes) {
    StoreInt8(Requantize(second, *row.requantization, c + lanes), to + lanes, count - lanes);
  }
}

void Depthwise(const DepthwiseRow& row) {
  const D16 d16;
  const size_t lanes = hn::Lanes(d16);
  for (size_t x = 0; x < row.output_width; ++x) {
    for (size_t c = 0; c < row.channels; c += lanes) {
      DepthwisePixel(row, x, c, std::min(lanes, row.channels - c));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(Multiply);
HWY_EXPORT(Widen);
HWY_EXPORT(Depthwise);

PackedWeights::PackedWeights(std::span<const int8_t> weights, size_t outputs, size_t depth,
                             std::span<const int32_t> zero_points, Requantization requantization)
    : outputs_(outputs),
      depth_(depth),
      padded_depth_((depth + 1) / 2 * 2),
      panels_(panels() * padded_depth_ * kColumns, 0),
      requantization_(std::move(requantization)) {
  for (size_t o = 0; o < outputs; ++o) {
    const int32_t zero_point = zero_points[zero_points.size() == 1 ? 0 : o];
    int16_t* panel_start = &panels_[o / kColumns * padded_depth_ * kColumns];
    for (size_t k = 0; k < depth; ++k) {
      panel_start[k / 2 * 2 * kColumns + o % kColumns * 2 + k % 2] =
          static_cast<int16_t>(weights[o * depth + k] - zero_point);
    }
  }
  requantization_.bias.resize(panels() * kColumns, 0);
  requantization_.multiplier.resize(panels() * kColumns, 0);
}

void MultiplyInt8(const int16_t* left, size_t rows, const PackedWeights& weights, int8_t* result,
                  size_t stride) {
  HWY_DYNAMIC_DISPATCH(Multiply)(left, rows, weights, result, stride);
}

void WidenInt8(const int8_t* from, size_t count, int32_t zero_point, int16_t* to) {
  HWY_DYNAMIC_DISPATCH(Widen)(from, count, zero_point, to);
}

void DepthwiseRowInt8(const DepthwiseRow& row) { HWY_DYNAMIC_DISPATCH(Depthwise)(row); }

}  // namespace qconvert
#endif
