// Choices made from the bytes of the fuzzer, so that what it mutates are decisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace qconvert {

/// Reads one choice after another; when the bytes are used up, all further ones are 0.
class ByteSource {
 public:
  ByteSource(const uint8_t* data, size_t size) : bytes_(data, size) {}

  bool empty() const { return bytes_.empty(); }

  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  /// Returns an integer in [min, max]; at most 256 of them.
  int Integer(int min, int max) { return min + Byte() % (max - min + 1); }

  /// Returns a float of moderate size.
  float Real() { return static_cast<float>(static_cast<int8_t>(Byte())) / 16; }

  /// Returns one of some values.
  template <typename T, size_t N>
  T OneOf(const T (&values)[N]) {
    static_assert(N <= 256);
    return values[Byte() % N];
  }

  std::string Rest() {
    std::string rest(bytes_.begin(), bytes_.end());
    bytes_ = {};
    return rest;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace qconvert
