#include "lib/math/int4.h"

#include <algorithm>

#include "lib/base/check.h"

namespace qconvert {

void PackInt4(std::span<const int8_t> values, std::span<std::byte> packed) {
  Check(packed.size() == PackedInt4Bytes(values.size()), "PackInt4: sizes differ");
  std::fill(packed.begin(), packed.end(), std::byte{0});
  for (size_t i = 0; i < values.size(); ++i) {
    const auto nibble = static_cast<std::byte>(values[i] & 0xF);
    packed[i / 2] |= i % 2 == 0 ? nibble : nibble << 4;
  }
}

void UnpackInt4(std::span<const std::byte> packed, std::span<int8_t> values) {
  Check(packed.size() == PackedInt4Bytes(values.size()), "UnpackInt4: sizes differ");
  for (size_t i = 0; i < values.size(); ++i) {
    const int nibble = std::to_integer<int>(packed[i / 2]) >> (i % 2 == 0 ? 0 : 4) & 0xF;
    values[i] = static_cast<int8_t>(nibble < 8 ? nibble : nibble - 16);
  }
}

}  // namespace qconvert
