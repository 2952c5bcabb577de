#include "lib/math/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/base/check.h"
#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

// Calls f(offset, length, channel) for every contiguous run of one channel.
template <typename F>
void ForEachRun(size_t size, ChannelView view, size_t channels, F f) {
  Check(static_cast<int64_t>(size) == view.outer * view.channels * view.inner,
        "channel view of another tensor");
  Check(static_cast<int64_t>(channels) == view.channels, "parameters of another channel count");
  const auto inner = static_cast<size_t>(view.inner);
  for (size_t at = 0; at < size; at += inner) f(at, inner, at / inner % channels);
}

/// Quantizes to at most 16 bits as QuantizeValue does, in vectors; returns whether a value is NaN.
template <typename T>
QCONVERT_VECTORIZE bool QuantizeRun(std::span<const float> real, AffineParams params,
                                    IntegerLimits limits, T* __restrict quantized) {
  constexpr float kBeyond = 1 << 18;  // any limit, from any zero point
  int nan = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    float ratio = real[i] / params.scale;
    nan |= static_cast<int>(ratio != ratio);
    ratio = ratio > -kBeyond ? ratio : -kBeyond;  // NaN, too
    ratio = ratio < kBeyond ? ratio : kBeyond;
    auto steps = static_cast<int32_t>(ratio);
    const float rest = ratio - static_cast<float>(steps);
    steps += (rest >= 0.5F) - (rest <= -0.5F) + params.zero_point;
    steps = std::max(steps, limits.min);
    quantized[i] = static_cast<T>(std::min(steps, limits.max));
  }
  return nan != 0;
}

}  // namespace

int32_t QuantizeValue(float real, AffineParams params, IntegerLimits limits) {
  if (std::isnan(real)) Fail(ErrorKind::kUnusable, "a value is NaN");
  const double steps = double{std::round(real / params.scale)} + params.zero_point;
  return static_cast<int32_t>(std::clamp<double>(steps, limits.min, limits.max));
}

float DequantizeValue(int32_t q, AffineParams params) {
  return static_cast<float>(double{params.scale} *
                            static_cast<double>(int64_t{q} - params.zero_point));
}

template <typename T>
void QuantizeValues(std::span<const float> real, AffineParams params, IntegerLimits limits,
                    std::span<T> quantized) {
  Check(real.size() == quantized.size(), "QuantizeValues: sizes differ");
  if constexpr (sizeof(T) <= 2) {
    if (!QuantizeRun(real, params, limits, quantized.data())) return;
    Fail(ErrorKind::kUnusable, "a value is NaN");
  } else {
    std::transform(real.begin(), real.end(), quantized.begin(),
                   [&](float r) { return static_cast<T>(QuantizeValue(r, params, limits)); });
  }
}

template <typename T>
void QuantizeChannels(std::span<const float> real, ChannelView view,
                      std::span<const AffineParams> channels, IntegerLimits limits,
                      std::span<T> quantized) {
  Check(real.size() == quantized.size(), "QuantizeChannels: sizes differ");
  ForEachRun(real.size(), view, channels.size(), [&](size_t at, size_t length, size_t c) {
    QuantizeValues(real.subspan(at, length), channels[c], limits, quantized.subspan(at, length));
  });
}

template <typename T>
void DequantizeValues(std::span<const T> quantized, AffineParams params, std::span<float> real) {
  Check(real.size() == quantized.size(), "DequantizeValues: sizes differ");
  if constexpr (sizeof(T) == 1) {
    std::array<float, 256> reals;  // by the bits of the integer
    for (int bits = 0; bits < 256; ++bits) {
      reals[static_cast<size_t>(bits)] = DequantizeValue(static_cast<T>(bits), params);
    }
    std::transform(quantized.begin(), quantized.end(), real.begin(),
                   [&](T q) { return reals[static_cast<uint8_t>(q)]; });
  } else {
    std::transform(quantized.begin(), quantized.end(), real.begin(),
                   [&](T q) { return DequantizeValue(q, params); });
  }
}

template <typename T>
void DequantizeChannels(std::span<const T> quantized, ChannelView view,
                        std::span<const AffineParams> channels, std::span<float> real) {
  Check(real.size() == quantized.size(), "DequantizeChannels: sizes differ");
  ForEachRun(real.size(), view, channels.size(), [&](size_t at, size_t length, size_t c) {
    for (size_t i = at; i < at + length; ++i) real[i] = DequantizeValue(quantized[i], channels[c]);
  });
}

IntegerLimits ClampedLimits(float lo, float hi, AffineParams params, IntegerLimits limits) {
  return {QuantizeValue(lo, params, limits), QuantizeValue(hi, params, limits)};
}

#define QCONVERT_INSTANTIATE(T)                                                                  \
  template void QuantizeValues<T>(std::span<const float>, AffineParams, IntegerLimits,           \
                                  std::span<T>);                                                 \
  template void QuantizeChannels<T>(std::span<const float>, ChannelView,                         \
                                    std::span<const AffineParams>, IntegerLimits, std::span<T>); \
  template void DequantizeValues<T>(std::span<const T>, AffineParams, std::span<float>);         \
  template void DequantizeChannels<T>(std::span<const T>, ChannelView,                           \
                                      std::span<const AffineParams>, std::span<float>)
QCONVERT_INSTANTIATE(int8_t);
QCONVERT_INSTANTIATE(uint8_t);
QCONVERT_INSTANTIATE(int16_t);
QCONVERT_INSTANTIATE(int32_t);
#undef QCONVERT_INSTANTIATE

}  // namespace qconvert
