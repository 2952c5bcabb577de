// The figures of outputs, for people.
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string Decibels(double sqnr_db) {
  if (std::isfinite(sqnr_db)) return fmt::format("{:.1f} dB", sqnr_db);
  return sqnr_db > 0 ? "exact" : "only noise";
}

std::string FiguresText(const OutputSummary& output) {
  if (output.same_percent)
    return fmt::format("{:.4g} % of the values the same", *output.same_percent);
  const std::string correlation =
      output.correlation ? fmt::format("correlation {:.5f}, ", *output.correlation) : "";
  return fmt::format("SQNR {}, {}largest error {:.3g}", Decibels(output.sqnr_db), correlation,
                     output.largest_error);
}

}  // namespace qconvert
