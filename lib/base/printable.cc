#include "lib/base/printable.h"

#include <cstddef>
#include <cstdint>

namespace qconvert {
namespace {

/// Returns how many bytes the character at the beginning of `text` takes; 0 when it is none that
/// UTF-8 may hold (RFC 3629): overlong, a surrogate, past U+10FFFF or cut off.
size_t CharacterBytes(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = byte(0);
  const size_t bytes = first < 0x80                     ? 1
                       : first >= 0xC2 && first <= 0xDF ? 2
                       : (first & 0xF0U) == 0xE0        ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  code = bytes == 1 ? first : first & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : bytes;
}

bool IsControl(uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

void AppendEscaped(std::string& result, char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  result += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
}

}  // namespace

std::string Printable(std::string_view text, std::string_view kept) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t bytes = CharacterBytes(text, code);
    const bool good = bytes > 0 && (!IsControl(code) || kept.find(text[0]) != kept.npos);
    const std::string_view taken = text.substr(0, bytes == 0 ? 1 : bytes);
    if (good) {
      result += taken;
    } else {
      for (char c : taken) AppendEscaped(result, c);
    }
    text.remove_prefix(taken.size());
  }
  return result;
}

}  // namespace qconvert
