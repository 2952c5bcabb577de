#include "lib/report/search_section.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/report/decibel_chart.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr DecibelChart kChart{.width = 640, .height = 280, .margin = 48, .most_db = 80};

double CostOf(const SearchPointSummary& point) {
  return point.bytes > 0 ? static_cast<double>(point.bytes) / 1e3 : point.microseconds / 1e3;
}

std::string CostText(const SearchPointSummary& point) {
  return fmt::format("{:.1f} {}", CostOf(point), point.bytes > 0 ? "kB" : "ms");
}

std::string LayersText(const SearchPointSummary& point) {
  std::vector<std::string> layers;
  for (const auto& [name, count] : point.layers) {
    layers.push_back(fmt::format("{} {}", count, name));
  }
  return fmt::format("{}", fmt::join(layers, ", "));
}

/// The costs that the picture shows, with some room at both ends.
struct CostAxis {
  double least, most;

  explicit CostAxis(const SearchSummary& search)
      : least(CostOf(search.best)), most(CostOf(search.best)) {
    for (const SearchPointSummary& point : search.pareto) {
      least = std::min(least, CostOf(point));
      most = std::max(most, CostOf(point));
    }
    const double room = std::max(0.05 * (most - least), 0.01 * most);
    least = std::max(0.0, least - room);
    most += room;
  }
  double X(double share) const {
    return kChart.margin + share * (kChart.width - 2 * kChart.margin);
  }
  double Place(const SearchPointSummary& point) const {
    return X((CostOf(point) - least) / (most - least));
  }
};

std::string Grid(const CostAxis& axis) {
  std::string drawing = kChart.Lines();
  for (const double share : {0.0, 0.5, 1.0}) {
    drawing += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.3g}</text>\n",
                           axis.X(share), kChart.height - kChart.margin + 20,
                           axis.least + share * (axis.most - axis.least));
  }
  return drawing;
}

/// A point for each file, by its cost and its SQNR; full ones meet the targets.
std::string Picture(const SearchSummary& search) {
  const CostAxis axis(search);
  std::string drawing = Grid(axis);
  for (const SearchPointSummary& point : search.pareto) {
    drawing += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"var({})\" stroke=\"var(--bar)\">"
        "<title>{}, {}: {}</title></circle>\n",
        axis.Place(point), kChart.HeightOf(point.sqnr_db),
        CostOf(point) == CostOf(search.best) ? 7 : 4, point.meets ? "--bar" : "--line",
        CostText(point), Decibels(point.sqnr_db), LayersText(point));
  }
  return fmt::format(
      "<p>SQNR in dB over {}. Blue points meet the targets; the large one is written.</p>\n"
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"SQNR over cost\">\n{}</svg>\n",
      search.best.bytes > 0 ? "the size of the file in kB" : "the time of the layers in ms",
      kChart.width, kChart.height, drawing);
}

std::string PointRow(const SearchPointSummary& point) {
  return fmt::format(
      "<tr><td class=n>{}</td><td class=n>{}</td><td>{}</td><td class=w>{}</td></tr>\n",
      CostText(point), Decibels(point.sqnr_db), point.meets ? "meets" : "misses",
      LayersText(point));
}

}  // namespace

std::string SearchSection(const SearchSummary& search) {
  std::string rows =
      "<tr><th class=n>cost</th><th class=n>SQNR</th><th>targets</th><th>layers</th></tr>\n";
  for (const SearchPointSummary& point : search.pareto) rows += PointRow(point);
  return fmt::format("<h2>Search</h2>\n<p>{}. The recipe is {}.</p>\n",
                     EscapeMarkup(ToText(search)), EscapeMarkup(search.recipe)) +
         Picture(search) + Table(rows);
}

}  // namespace qconvert
