// zlib's decompression with a bound on the result.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qconvert {

/// How the compressed bytes are framed.
enum class Compression { kGzip, kRawDeflate };

/// Decompresses `bytes`.
///   Throws Error(kUnusable) when they are damaged or give more than `most_bytes`.
std::vector<std::byte> Inflate(std::span<const std::byte> bytes, Compression compression,
                               size_t most_bytes);

}  // namespace qconvert
