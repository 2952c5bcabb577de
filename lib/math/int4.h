// Two 4-bit integers in a byte, the lower nibble first, as TFLite stores INT4 weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace qconvert {

/// Returns the bytes that `count` 4-bit integers take.
constexpr size_t PackedInt4Bytes(size_t count) { return (count + 1) / 2; }

/// Packs integers in [-8, 7]; an odd last one leaves its upper nibble 0.
///   packed  PackedInt4Bytes(values.size()) bytes
void PackInt4(std::span<const int8_t> values, std::span<std::byte> packed);

/// Unpacks values.size() integers.
///   packed  PackedInt4Bytes(values.size()) bytes
void UnpackInt4(std::span<const std::byte> packed, std::span<int8_t> values);

}  // namespace qconvert
