#include "lib/report/decibel_chart.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace qconvert {

double DecibelChart::HeightOf(double decibels) const {
  const double share = std::clamp(decibels, 0.0, most_db) / most_db;
  return height - margin - share * (height - 2 * margin);
}

std::string DecibelChart::Lines() const {
  std::string lines;
  for (double decibels = 0; decibels <= most_db; decibels += 20) {
    lines += fmt::format(
        "<path d=\"M{0} {1:.1f} H{2}\" stroke=\"var(--line)\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        margin, HeightOf(decibels), width - margin, margin - 6, HeightOf(decibels) + 4, decibels);
  }
  return lines;
}

}  // namespace qconvert
