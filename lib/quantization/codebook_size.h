// How many values a codebook may have, and what it takes in a file (codebook.h).
#pragma once

#include <algorithm>
#include <cstddef>

namespace qconvert {

/// The fewest and the most values of a codebook.
inline constexpr int kFewestCodes = 2, kMostCodes = 256;
/// The most values whose indices have 4 bits; those of more have 8.
inline constexpr int kMost4BitCodes = 16;

/// Returns the bytes of the indices of weights.
constexpr size_t IndexBytes(size_t weights, int size) {
  return size <= kMost4BitCodes ? (weights + 1) / 2 : weights;
}

/// Returns the bytes of indices and table.
constexpr size_t CodebookBytes(size_t weights, int size) {
  return IndexBytes(weights, size) + sizeof(float) * std::min(weights, static_cast<size_t>(size));
}

}  // namespace qconvert
