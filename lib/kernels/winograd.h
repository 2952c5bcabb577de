// Winograd's minimal filtering F(2x2, 3x3) in integers: four outputs of a 3x3 convolution from 16
// products a channel instead of 36, exactly (Lavin and Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2015, section 4.1, with the filter's transform times 2 along each axis, so that
// nothing is divided). conv_winograd.cc stands on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/kernels/int8_gemm.h"

namespace qconvert {

constexpr size_t kWinogradPoints = 16;  ///< products of a tile: 4 rows of 4
constexpr size_t kTilePixels = 2;       ///< of the result, along an axis
constexpr size_t kPatchPixels = 4;      ///< of the input, along an axis

/// Returns the transform of a filter [3, 3]: numbers in [-9 * 127, 9 * 127] of int8 weights.
std::array<int16_t, kWinogradPoints> TransformFilter(const std::array<int8_t, 9>& filter);

/// Transforms a row of patches, which lie two pixels apart.
///   rows        [4, columns, channels], widened; up to 31 elements are read behind the last
///   row_stride  elements from row to row
///   points      [16, ...], `point_stride` elements from point to point; each [tiles, depth], with
///               depth the channels rounded up to 32; numbers in [-4 * 255, 4 * 255]
struct PatchRow {
  const int16_t* rows;
  size_t row_stride, channels, tiles;
};
void TransformPatches(const PatchRow& patches, int16_t* points, size_t point_stride);
constexpr size_t PatchDepth(size_t channels) { return (channels + 31) / 32 * 32; }

/// Where a row of tiles goes: two rows of pixels; the last tile may reach one beyond either edge.
struct TileRow {
  int8_t* pixels;       ///< the first tile's first, at its first channel
  size_t pixel_stride;  ///< bytes from pixel to pixel
  size_t width, rows;   ///< pixels of a row that there are, and rows: 1 or 2
};

/// Turns sums of a panel into results.
///   sums  int32 [16, ...], `point_stride` elements from point to point; each [tiles, 16 outputs]
void TransformTiles(const int32_t* sums, size_t point_stride, const Panels<int16_t>& panels,
                    size_t panel, const TileRow& to);

}  // namespace qconvert
