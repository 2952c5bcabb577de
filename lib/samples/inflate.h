// zlib's decompression with a bound on the result.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qconvert {

/// How the compressed bytes are framed.
enum class Compression { kGzip, kRawDeflate };

/// Decompresses `bytes`, whose result is about `most_bytes` long: so much is reserved, if they can
/// give it.
///   Throws Error(kUnusable) when they are damaged or give more than `most_bytes`.
std::vector<std::byte> Inflate(std::span<const std::byte> bytes, Compression compression,
                               size_t most_bytes);

/// Decompresses the first `most_bytes` that there are.
///   Throws Error(kUnusable) when they are damaged.
std::vector<std::byte> InflateHead(std::span<const std::byte> bytes, Compression compression,
                                   size_t most_bytes);

}  // namespace qconvert
