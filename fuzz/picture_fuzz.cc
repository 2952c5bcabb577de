// JPEG or PNG -> pixels -> values of an input. Checksums of PNG are mended, or nothing would pass
// them.
#include <cstring>

#include "fuzz/survive.h"
#include <zlib.h>

#include "lib/samples/picture.h"
#include "lib/samples/preprocessing.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {

constexpr size_t kSignatureBytes = 8, kFrameBytes = 12;

uint32_t BigEndian(const uint8_t* data) {
  return uint32_t{data[0]} << 24U | uint32_t{data[1]} << 16U | uint32_t{data[2]} << 8U | data[3];
}

/// Writes the checksum of each chunk that lies in the bytes.
void MendChecksums(uint8_t* data, size_t size) {
  for (size_t at = kSignatureBytes; at + kFrameBytes <= size;) {
    const size_t length = BigEndian(data + at);
    if (length > size - at - kFrameBytes) return;
    const auto sum = static_cast<uint32_t>(crc32(0, data + at + 4, static_cast<uInt>(length + 4)));
    for (size_t i = 0; i < 4; ++i) {
      data[at + 8 + length + i] = static_cast<uint8_t>(sum >> (24 - 8 * i));
    }
    at += length + kFrameBytes;
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned) {
  const size_t mutated = LLVMFuzzerMutate(data, size, most);
  if (mutated > kSignatureBytes && std::memcmp(data, "\x89PNG", 4) == 0) {
    MendChecksums(data, mutated);
  }
  return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    constexpr int64_t kMostDecoded = 1 << 20;  // more takes long, and shows nothing else
    if (PixelsOf(Bytes(data, size)) > kMostDecoded) return;
    std::vector<float> values(3 * 8 * 8);
    Preprocess(DecodePicture(Bytes(data, size)), {}, {8, 8, 3, true}, values);
  });
}
