// Rows of integer depthwise convolutions, in Highway with run-time dispatch. Neighbouring rows of
// the input are interleaved by channel, so that one instruction multiplies and adds a group of
// them: four 8-bit ones with VNNI, else two that are widened to 16 bits. depthwise_int8.cc
// feeds it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/kernels/int8_gemm.h"
#include "lib/kernels/interleaved_rows.h"

namespace qconvert {

/// How this machine wants rows to lie.
struct DepthwiseLayout {
  size_t lanes;  ///< channels are padded to a multiple
  size_t group;  ///< rows that are interleaved
  int32_t flip;  ///< added to each input modulo 256: 128 where inputs are taken as unsigned
};
///   vnni  whether 8-bit integers may be multiplied exactly
DepthwiseLayout DepthwiseLayoutHere(bool vnni);

constexpr size_t kMostRowsTogether = 2;

/// One output row of a depthwise convolution, or two that read the same groups of input rows.
///   rows      one for each group of filter rows: 8 bits [padded width, padded channels, group]
///   weights   of each output row, [groups, KW, padded channels, group], 0 where there are none:
///             8 bits each where inputs are unsigned, else 16
///   results   of each output row, int8 [output width, channels]; null for no second one
///   |sum| <= 255 * 127 * KH * KW
struct DepthwiseRows {
  const int8_t* const* rows;
  std::array<const std::byte*, kMostRowsTogether> weights;
  size_t groups, taps, dilation, stride;  ///< the last three across the row
  size_t channels, padded_channels, output_width;
  const Requantization* requantization;  ///< bias and multiplier padded
  std::array<int8_t*, kMostRowsTogether> results;
};
void ComputeDepthwiseRows(const DepthwiseRows& rows, size_t group_rows);

}  // namespace qconvert
