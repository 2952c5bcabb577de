// A row of a pool's result: what the integer kernels of pools are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/kernels/layer_params.h"

namespace qconvert {

/// The pixels of an image's row that a window reads at one place.
struct PooledColumns {
  size_t first, count;
};

/// One row of the result, [OW,C] int8, and what it is made of. Channels lie together.
struct PooledRow {
  const int8_t* first;                    ///< [W,C], the first row of the window in the image
  size_t rows;                            ///< of the window in the image
  std::span<const PooledColumns> places;  ///< [OW]
  size_t width, channels;                 ///< of the image
  IntegerLimits limits;
  int8_t input_flip, output_flip;  ///< what the bytes are XORed with
  int8_t* result;
  std::byte* scratch;
};

using PoolFunction = void (*)(const PooledRow& row);

/// What computes a row, with the scratch that it wants for each element of an image's row [W,C].
struct RowPool {
  PoolFunction function;
  size_t scratch_bytes;
};

/// Returns the kernel of means over windows of at most `taps` taps, at most 2^14.
RowPool AveragesOf(int64_t taps);

}  // namespace qconvert
