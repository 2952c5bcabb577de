#include "lib/report/c_array.h"

#include <algorithm>
#include <cctype>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

namespace qconvert {
namespace {

constexpr size_t kBytesPerLine = 16;

std::string IdentifierOf(const std::string& name) {
  std::string identifier = name;
  std::replace_if(
      identifier.begin(), identifier.end(),
      [](unsigned char c) { return c >= 0x80 || std::isalnum(c) == 0; }, '_');
  const bool digit = !identifier.empty() && std::isdigit(static_cast<unsigned char>(identifier[0]));
  return identifier.empty() || digit ? "model_" + identifier : identifier;
}

std::string LinesOf(std::span<const std::byte> bytes) {
  std::string lines;
  lines.reserve(bytes.size() * 5);
  for (size_t i = 0; i < bytes.size(); ++i) {
    lines += i % kBytesPerLine == 0 ? "\n    " : " ";
    fmt::format_to(std::back_inserter(lines), "0x{:02x},", std::to_integer<int>(bytes[i]));
  }
  return lines;
}

}  // namespace

std::string ToCArray(const std::string& name, std::span<const std::byte> bytes,
                     const DemandsSummary& demands) {
  const std::string identifier = IdentifierOf(name);
  return fmt::format(
      "// Activations take {} bytes at their peak; an interpreter's arena also holds what its "
      "kernels\n// take for themselves. Operators: {}.\n"
      "#pragma once\n\n"
      "#ifdef __cplusplus\nalignas(16)\n#else\n_Alignas(16)\n#endif\n"
      "static const unsigned char {}[] = {{{}\n}};\n"
      "static const unsigned int {}_bytes = {};\n",
      demands.activation_bytes, fmt::join(demands.operators, ", "), identifier, LinesOf(bytes),
      identifier, bytes.size());
}

}  // namespace qconvert
