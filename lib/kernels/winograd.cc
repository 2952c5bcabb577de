#include "lib/kernels/winograd.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/winograd.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/kernels/int8_requantizer.inc"

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Four numbers along an axis.
template <class V>
struct Four {
  V a, b, c, d;
};

template <class V>
HWY_INLINE Four<V> TransformInput(V a, V b, V c, V d) {
  return {hn::Sub(a, c), hn::Add(b, c), hn::Sub(c, b), hn::Sub(b, d)};
}

/// One patch, a vector of channels.
template <class D>
HWY_INLINE void TransformPatch(D d, const int16_t* patch, size_t row_stride, size_t channels,
                               int16_t* point, size_t point_stride) {
  const auto load = [&](size_t y, size_t x)
                        HWY_ATTR { return hn::LoadU(d, patch + y * row_stride + x * channels); };
  const auto column = [&](size_t x) HWY_ATTR {
    return TransformInput(load(0, x), load(1, x), load(2, x), load(3, x));
  };
  const auto first = column(0), second = column(1), third = column(2), fourth = column(3);
  const auto store = [&](size_t y, const auto& row) HWY_ATTR {
    int16_t* to = point + 4 * y * point_stride;
    hn::StoreU(row.a, d, to);
    hn::StoreU(row.b, d, to + point_stride);
    hn::StoreU(row.c, d, to + 2 * point_stride);
    hn::StoreU(row.d, d, to + 3 * point_stride);
  };
  store(0, TransformInput(first.a, second.a, third.a, fourth.a));
  store(1, TransformInput(first.b, second.b, third.b, fourth.b));
  store(2, TransformInput(first.c, second.c, third.c, fourth.c));
  store(3, TransformInput(first.d, second.d, third.d, fourth.d));
}

void Patches(const PatchRow& patches, int16_t* points, size_t point_stride) {
  const hn::CappedTag<int16_t, 32> d;
  const size_t depth = PatchDepth(patches.channels);
  for (size_t tile = 0; tile < patches.tiles; ++tile) {
    const int16_t* patch = patches.rows + tile * kTilePixels * patches.channels;
    for (size_t channel = 0; channel < patches.channels; channel += hn::Lanes(d)) {
      TransformPatch(d, patch + channel, patches.row_stride, patches.channels,
                     points + tile * depth + channel, point_stride);
    }
  }
}

using D32 = hn::CappedTag<int32_t, 8>;
using V32 = hn::Vec<D32>;

/// The two results along an axis.
struct Two {
  V32 a, b;
};

HWY_INLINE Two TransformSums(V32 a, V32 b, V32 c, V32 d) {
  return {hn::Add(hn::Add(a, b), c), hn::Sub(hn::Sub(b, c), d)};
}

/// The sums of four pixels, [row][column], bias included.
struct Pixels {
  Two rows[2];
};

HWY_INLINE Pixels PixelsOf(const int32_t* sums, size_t point_stride, V32 bias) {
  const auto column = [&](size_t x) HWY_ATTR {
    const int32_t* from = sums + x * point_stride;
    return TransformSums(hn::LoadU(D32(), from), hn::LoadU(D32(), from + 4 * point_stride),
                         hn::LoadU(D32(), from + 8 * point_stride),
                         hn::LoadU(D32(), from + 12 * point_stride));
  };
  const Two first = column(0), second = column(1), third = column(2), fourth = column(3);
  const auto pixel = [&](V32 sum) HWY_ATTR { return hn::Add(hn::ShiftRight<2>(sum), bias); };
  const auto row = [&](V32 a, V32 b, V32 c, V32 e) HWY_ATTR {
    const Two both = TransformSums(a, b, c, e);
    return Two{pixel(both.a), pixel(both.b)};
  };
  return {{row(first.a, second.a, third.a, fourth.a), row(first.b, second.b, third.b, fourth.b)}};
}

void Tiles(const int32_t* sums, size_t point_stride, const Panels<int16_t>& panels, size_t panel,
           const TileRow& to) {
  const size_t lanes = hn::Lanes(D32());
  const Requantization& q = *panels.requantization;
  const Requantizer<D32> requantizer(q);
  const size_t tiles = (to.width + kTilePixels - 1) / kTilePixels;
  for (size_t tile = 0; tile < tiles; ++tile) {
    const size_t width = std::min(kTilePixels, to.width - tile * kTilePixels);
    for (size_t column = 0; column < kPanelColumns; column += lanes) {
      const size_t channel = panel * kPanelColumns + column;
      if (channel >= panels.outputs) break;
      const Pixels pixels = PixelsOf(sums + tile * kPanelColumns + column, point_stride,
                                     hn::LoadU(D32(), &q.bias[channel]));
      for (size_t y = 0; y < to.rows; ++y) {
        int8_t* at = to.pixels + (y * to.width + tile * kTilePixels) * to.pixel_stride + column;
        const Two& row = pixels.rows[y];
        const size_t count = panels.outputs - channel;
        if (HWY_LIKELY(width == kTilePixels && count >= lanes)) {
          requantizer.StoreTwo(row.a, channel, at, row.b, channel, at + to.pixel_stride);
          continue;
        }
        requantizer.Store(row.a, channel, count, at);
        if (width == kTilePixels) requantizer.Store(row.b, channel, count, at + to.pixel_stride);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(Patches);
HWY_EXPORT(Tiles);

std::array<int16_t, kWinogradPoints> TransformFilter(const std::array<int8_t, 9>& filter) {
  const auto transform = [](int a, int b, int c) {
    return std::array{2 * a, a + b + c, a - b + c, 2 * c};
  };
  std::array<std::array<int, 4>, 3> rows;
  for (size_t y = 0; y < 3; ++y) {
    rows[y] = transform(filter[3 * y], filter[3 * y + 1], filter[3 * y + 2]);
  }
  std::array<int16_t, kWinogradPoints> points;
  for (size_t x = 0; x < 4; ++x) {
    const std::array<int, 4> column = transform(rows[0][x], rows[1][x], rows[2][x]);
    for (size_t y = 0; y < 4; ++y) points[4 * y + x] = static_cast<int16_t>(column[y]);
  }
  return points;
}

void TransformPatches(const PatchRow& patches, int16_t* points, size_t point_stride) {
  HWY_DYNAMIC_DISPATCH(Patches)(patches, points, point_stride);
}

void TransformTiles(const int32_t* sums, size_t point_stride, const Panels<int16_t>& panels,
                    size_t panel, const TileRow& to) {
  HWY_DYNAMIC_DISPATCH(Tiles)(sums, point_stride, panels, panel, to);
}

}  // namespace qconvert
#endif
