#include "lib/base/byte_stream.h"

#include <bit>

#include "lib/base/error.h"

namespace qconvert {

void ByteWriter::Put(uint64_t value, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void ByteWriter::Unsigned(uint64_t value) { Put(value, 8); }
void ByteWriter::Float(float value) { Put(std::bit_cast<uint32_t>(value), 4); }
void ByteWriter::Double(double value) { Put(std::bit_cast<uint64_t>(value), 8); }

void ByteWriter::Doubles(std::span<const double> values) {
  bytes_.reserve(bytes_.size() + 8 * values.size());
  for (double value : values) Double(value);
}

void ByteWriter::Text(std::string_view text) {
  Unsigned(text.size());
  Bytes(std::as_bytes(std::span(text.data(), text.size())));
}

void ByteWriter::Bytes(std::span<const std::byte> content) {
  bytes_.insert(bytes_.end(), content.begin(), content.end());
}

std::span<const std::byte> ByteReader::Bytes(uint64_t count) {
  if (count > bytes_.size()) Fail(ErrorKind::kUnusable, "it ends too soon");
  const std::span<const std::byte> taken = bytes_.first(static_cast<size_t>(count));
  bytes_ = bytes_.subspan(taken.size());
  return taken;
}

uint64_t ByteReader::Get(size_t count) {
  uint64_t value = 0;
  const std::span<const std::byte> bytes = Bytes(count);
  for (size_t i = 0; i < count; ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

float ByteReader::Float() { return std::bit_cast<float>(static_cast<uint32_t>(Get(4))); }
double ByteReader::Double() { return std::bit_cast<double>(Get(8)); }

std::vector<double> ByteReader::Doubles(uint64_t count) {
  if (count > remaining() / 8) Fail(ErrorKind::kUnusable, "it ends too soon");
  std::vector<double> values(static_cast<size_t>(count));
  for (double& value : values) value = Double();
  return values;
}

std::string ByteReader::Text() {
  const std::span<const std::byte> bytes = Bytes(Unsigned());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace qconvert
