// What --rounding blocks did, on one line.
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string ToText(const ReconstructionSummary& reconstruction) {
  std::string text = fmt::format(
      "{} iterations each on {} samples with {} MiB of activations: {} of {} blocks nearer on "
      "samples held out",
      reconstruction.iterations, reconstruction.samples,
      (reconstruction.activation_bytes >> 20) + 1, reconstruction.improved, reconstruction.blocks);
  if (!reconstruction.left_out.empty()) {
    text += fmt::format("; no gradient reaches {}", fmt::join(reconstruction.left_out, ", "));
  }
  return text;
}

}  // namespace qconvert
