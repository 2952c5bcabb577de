#include "lib/report/histogram_chart.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"

namespace qconvert {
namespace {

constexpr double kWidth = 320, kHeight = 120, kFoot = 22, kHead = 8;

/// Returns the path along the tops of bins.
///   most  count that reaches the upper end
std::string Tops(const std::vector<uint64_t>& counts, uint64_t most) {
  const double step = kWidth / static_cast<double>(counts.size());
  std::string path;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double share = std::sqrt(static_cast<double>(counts[i]) / static_cast<double>(most));
    path += fmt::format("{}{:.1f} {:.1f}H{:.1f}", i == 0 ? "M" : "L", static_cast<double>(i) * step,
                        kHeight - kFoot - share * (kHeight - kFoot - kHead),
                        static_cast<double>(i + 1) * step);
  }
  return path;
}

uint64_t MostOf(const HistogramSummary& histogram) {
  uint64_t most = 1;
  for (const auto* counts : {&histogram.reference, &histogram.candidate}) {
    for (const uint64_t count : *counts) most = std::max(most, count);
  }
  return most;
}

/// Returns an end of the range with its number.
std::string End(const HistogramSummary& histogram, double value, const char* anchor) {
  const double bins = static_cast<double>(histogram.reference.size());
  const double x = (value - histogram.first) / (histogram.width * bins) * kWidth;
  return fmt::format(
      "<path d=\"M{0:.1f} 0V{1}\" stroke=\"currentColor\" stroke-dasharray=\"3 3\"/>"
      "<text x=\"{0:.1f}\" y=\"{2}\" text-anchor=\"{3}\">{4:.3g}</text>",
      x, kHeight - kFoot, kHeight - 6, anchor, value);
}

}  // namespace

std::string HistogramChart(const std::string& title, const HistogramSummary& histogram) {
  const uint64_t most = MostOf(histogram);
  const std::string floor = fmt::format("{:.0f}", kHeight - kFoot);
  return fmt::format(
      "<div class=h>{0}<svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\">"
      "<path d=\"{3}V{4}H0Z\" fill=\"var(--bar)\" fill-opacity=\".45\"/>"
      "<path d=\"{5}\" fill=\"none\" stroke=\"var(--dot)\" stroke-width=\"1.5\"/>"
      "<path d=\"M0 {4}H{1}\" stroke=\"var(--line)\"/>{6}{7}</svg></div>\n",
      EscapeMarkup(title), kWidth, kHeight, Tops(histogram.reference, most), floor,
      Tops(histogram.candidate, most), End(histogram, histogram.min, "middle"),
      End(histogram, histogram.max, "middle"));
}

}  // namespace qconvert
