// Writes the array files that the readers are tested with, byte by byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "lib/samples/array.h"

namespace qconvert {

/// Returns `value` as `bytes` little-endian bytes.
inline std::string Little(uint64_t value, size_t bytes) {
  std::string text;
  for (; text.size() < bytes; value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

inline std::string Big(uint64_t value, size_t bytes) {
  const std::string little = Little(value, bytes);
  return {little.rbegin(), little.rend()};
}

/// Returns the bytes of values in memory.
template <typename T>
std::string Raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Returns a version 1 .npy file, its header padded to 64 bytes as numpy does.
inline std::string Npy(const std::string& descr, const std::string& shape, const std::string& raw,
                       const std::string& fortran = "False") {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  return "\x93NUMPY" + std::string("\x01\x00", 2) + Little(header.size(), 2) + header + raw;
}

/// Returns a float .npy file of `shape`, such as "(2, 3)".
inline std::string FloatNpy(const std::string& shape, const std::vector<float>& values) {
  return Npy("<f4", shape, Raw(values));
}

/// Returns an IDX file of unsigned bytes.
inline std::string Idx(const std::vector<uint32_t>& dims, const std::string& raw) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(dims.size())};
  for (uint32_t dim : dims) bytes += Big(dim, 4);
  return bytes + raw;
}

/// Returns an array's values.
template <typename T>
std::vector<T> ValuesOf(const Array& array) {
  std::vector<T> values(array.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

}  // namespace qconvert
