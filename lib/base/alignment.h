// Sizes in whole units: of memory in lines of the cache, of work in parts.
#pragma once

#include <cstddef>

namespace qconvert {

constexpr size_t kCacheLine = 64;  // bytes

constexpr size_t CeilDiv(size_t a, size_t b) { return (a + b - 1) / b; }

/// Returns `bytes` rounded up to whole lines of the cache.
constexpr size_t Aligned(size_t bytes) { return CeilDiv(bytes, kCacheLine) * kCacheLine; }

}  // namespace qconvert
