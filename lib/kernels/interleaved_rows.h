// Neighbouring rows of an int8 image, interleaved by channel, so that one instruction multiplies
// and adds a group of them. In Highway with run-time dispatch; depthwise_int8.cc makes the groups
// that depthwise_rows.h reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace qconvert {

constexpr size_t kMostGroupedRows = 4;

/// A group of rows, interleaved by channel.
///   rows  `group` of them, int8 [pixels, channels]
///   flip  what their bytes are XORed with
///   to    8 bits [pixels, padded channels, group]; padding is not written
struct RowGroup {
  std::array<const int8_t*, kMostGroupedRows> rows;
  size_t pixels, channels, padded_channels;
  uint8_t flip;
  int8_t* to;
};
void InterleaveRows(const RowGroup& group, size_t group_rows);

}  // namespace qconvert
