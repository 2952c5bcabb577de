#include "lib/samples/inflate.h"

#include <algorithm>
#include <string>

#include <zlib.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kMostRatio = 1032;  // that deflate reaches: 258 bytes for two bits

struct Stream {
  z_stream state{};
  explicit Stream(Compression compression) {
    const int window_bits = compression == Compression::kGzip ? MAX_WBITS + 16 : -MAX_WBITS;
    if (inflateInit2(&state, window_bits) != Z_OK) Fail(ErrorKind::kUnusable, "zlib failed");
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&state); }
};

/// Decompresses until the end of the stream, or until there are `most_bytes`. The memory grows with
/// what there is, without copies.
std::vector<std::byte> InflateUpTo(std::span<const std::byte> bytes, Compression compression,
                                   size_t most_bytes) {
  Stream stream(compression);
  std::vector<std::byte> result;
  result.reserve(std::min(most_bytes, (bytes.size() + 1) * kMostRatio));
  size_t consumed = 0, produced = 0;
  for (int status = Z_OK; status != Z_STREAM_END && produced < most_bytes;) {
    if (produced == result.size()) result.resize(std::min(produced + kBlockBytes, most_bytes));
    const size_t input = std::min(bytes.size() - consumed, kBlockBytes);
    const size_t room = result.size() - produced;
    stream.state.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + consumed));
    stream.state.avail_in = static_cast<uInt>(input);
    stream.state.next_out = reinterpret_cast<Bytef*>(result.data() + produced);
    stream.state.avail_out = static_cast<uInt>(room);
    status = inflate(&stream.state, Z_NO_FLUSH);
    consumed += input - stream.state.avail_in;
    produced += room - stream.state.avail_out;
    if (status != Z_OK && status != Z_STREAM_END) {
      Fail(ErrorKind::kUnusable, "compressed data is damaged or cut off");
    }
  }
  result.resize(produced);
  return result;
}

}  // namespace

std::vector<std::byte> Inflate(std::span<const std::byte> bytes, Compression compression,
                               size_t most_bytes) {
  std::vector<std::byte> result = InflateUpTo(bytes, compression, most_bytes + 1);
  if (result.size() > most_bytes) {
    Fail(ErrorKind::kUnusable,
         "compressed data grows beyond " + std::to_string(most_bytes) + " bytes");
  }
  return result;
}

std::vector<std::byte> InflateHead(std::span<const std::byte> bytes, Compression compression,
                                   size_t most_bytes) {
  return InflateUpTo(bytes, compression, most_bytes);
}

}  // namespace qconvert
