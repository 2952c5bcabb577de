// Rows of integer depthwise convolutions, in Highway with run-time dispatch. Filter rows are taken
// two at a time: 16-bit operands of both lie side by side, and one instruction multiplies and adds
// them. depthwise_int8_kernels.cc feeds it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/ops/int8_gemm.h"

namespace qconvert {

/// Returns how many channels a vector holds: channels are padded to a multiple of it.
size_t DepthwiseLanes();

/// Two rows of pixels, widened and interleaved by channel.
///   a, b  int8 [pixels, channels]
///   to    int16 [pixels, padded channels, 2], less the zero point; padding is not written
struct RowPair {
  const int8_t* a;
  const int8_t* b;
  size_t pixels, channels, padded_channels;
  int32_t zero_point;
  int16_t* to;
};
void WidenRowPair(const RowPair& rows);

/// One output row of a depthwise convolution.
///   rows      one for each pair of filter rows: int16 [padded width, padded channels, 2]
///   weights   int16 [pairs, KW, padded channels, 2]; 0 where an odd filter has no second row
///   result    int8 [output width, channels]
///   |sum| <= 255 * 127 * KH * KW
struct DepthwiseRow {
  const int16_t* const* rows;
  const int16_t* weights;
  size_t pairs, taps, dilation, stride;  ///< the last three across the row
  size_t channels, padded_channels, output_width;
  const Requantization* requantization;  ///< bias and multiplier padded
  int8_t* result;
};
void ComputeDepthwiseRow(const DepthwiseRow& row);

}  // namespace qconvert
