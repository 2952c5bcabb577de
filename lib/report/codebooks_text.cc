// What codebooks take, on one line.
#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string ToText(const CodebookSummary& codebooks) {
  return fmt::format(
      "of {} layers; their indices take {:.1f} kB, a Huffman code at least {:.1f} kB",
      codebooks.layers, static_cast<double>(codebooks.index_bytes) / 1e3,
      codebooks.entropy_bytes / 1e3);
}

}  // namespace qconvert
