// Numbers and names as little-endian bytes, for files of our own. Written and read by the
// statistics of calibration/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qconvert {

/// Appends values to a growing array of bytes.
class ByteWriter {
 public:
  void Unsigned(uint64_t value);  ///< 8 bytes
  void Signed(int64_t value) { Unsigned(static_cast<uint64_t>(value)); }
  void Float(float value);                         ///< 4 bytes
  void Double(double value);                       ///< 8 bytes
  void Doubles(std::span<const double> values);    ///< without their number
  void Text(std::string_view text);                ///< its length, then its bytes
  void Bytes(std::span<const std::byte> content);  ///< as they are

  size_t size() const { return bytes_.size(); }
  /// Returns what was written; the writer is empty afterwards.
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  void Put(uint64_t value, size_t count);

  std::vector<std::byte> bytes_;
};

/// Reads what ByteWriter wrote. Every call throws Error(kUnusable) when the bytes end too soon, and
/// nothing is allocated that the bytes could not fill.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  uint64_t Unsigned() { return Get(8); }
  int64_t Signed() { return static_cast<int64_t>(Get(8)); }
  float Float();
  double Double();
  std::vector<double> Doubles(uint64_t count);
  std::string Text();
  std::span<const std::byte> Bytes(uint64_t count);

  size_t remaining() const { return bytes_.size(); }

 private:
  uint64_t Get(size_t count);

  std::span<const std::byte> bytes_;
};

}  // namespace qconvert
