#include "lib/report/layer_section.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <spdlog/fmt/fmt.h>

#include "lib/report/decibel_chart.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr DecibelChart kChart{.width = 640, .height = 260, .margin = 40, .most_db = 60};
constexpr size_t kShownLayers = 20;  // of the table; the others are folded

/// SQNR of each layer, in the order of the network.
std::string Chart(const std::vector<LayerSummary>& layers) {
  std::string drawing = kChart.Lines();
  const double step = (kChart.width - 2 * kChart.margin) / static_cast<double>(layers.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerSummary& layer = layers[i];
    const double y = kChart.HeightOf(layer.sqnr_db);
    drawing += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"var({})\">"
        "<title>{} ({}): {}</title></rect>\n",
        kChart.margin + static_cast<double>(i) * step, y, std::max(1.0, 0.8 * step),
        kChart.height - kChart.margin - y, layer.scale ? "--bar" : "--line",
        EscapeMarkup(layer.node), EscapeMarkup(layer.kind), Decibels(layer.sqnr_db));
  }
  return fmt::format(
      "<h2>SQNR along the network</h2>\n<p>In dB, a bar for each layer that both networks have, "
      "from the first to the last; grey ones are float. A layer's noise includes what comes before "
      "it.</p>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"SQNR by layer\">\n{}</svg>\n",
      kChart.width, kChart.height, drawing);
}

std::string Percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : "";
}

/// Returns the cell of the noise that a layer adds; it may have less than what it reads.
std::string AddedNoise(const LayerSummary& layer) {
  if (!layer.added_noise) return "<td></td>";
  const double noise = std::max(0.0, *layer.added_noise);
  return fmt::format("<td class=n>{}</td>", std::isfinite(noise) ? Percent(noise) : "only noise");
}

/// Returns the row of a layer.
///   added  whether a cell says the noise that it adds
std::string LayerRow(const LayerSummary& layer, bool added) {
  return fmt::format(
      "<tr><td class=w>{}</td>{}<td class=n>{}</td><td>{}</td><td class=n>{}</td>{}<td class=n>{}"
      "</td><td class=n>{}</td></tr>\n",
      NodeName(layer.node), added ? AddedNoise(layer) : "", Decibels(layer.sqnr_db),
      EscapeMarkup(layer.kind), Percent(layer.share_at_ends),
      Bar(100 * layer.share_used.value_or(0)),
      layer.scale ? fmt::format("{:.5g}", *layer.scale) : "float",
      layer.zero_point ? fmt::format("{}", *layer.zero_point) : "");
}

/// Returns a table of layers.
///   added  as of LayerRow
std::string LayerTable(std::span<const LayerSummary> layers, bool added) {
  std::string rows = fmt::format(
      "<tr><th>node</th>{}<th class=n>SQNR</th><th>operator</th><th class=n>stuck at the ends</th>"
      "<th>used part of the range</th><th class=n>scale</th><th class=n>zero point</th></tr>\n",
      added ? "<th class=n>noise it adds</th>" : "");
  for (const LayerSummary& layer : layers) rows += LayerRow(layer, added);
  return Table(rows);
}

/// Returns the layers with the worst first, most of them folded.
std::string WorstFirst(std::vector<LayerSummary> layers) {
  const bool added = std::any_of(layers.begin(), layers.end(), [](const LayerSummary& layer) {
    return layer.added_noise.has_value();
  });
  std::stable_sort(layers.begin(), layers.end(), [&](const auto& a, const auto& b) {
    return added ? a.added_noise > b.added_noise : a.sqnr_db < b.sqnr_db;
  });
  const std::span<const LayerSummary> all(layers);
  const size_t shown = std::min(layers.size(), kShownLayers), more = layers.size() - shown;
  return fmt::format("<h2>Layers, {} first</h2>\n",
                     added ? "those that add the most noise" : "the noisiest") +
         LayerTable(all.first(shown), added) +
         (more == 0 ? ""
                    : fmt::format("<details><summary>{} more layers</summary>\n{}</details>\n",
                                  more, LayerTable(all.last(more), added)));
}

}  // namespace

std::string LayerSection(const std::vector<LayerSummary>& layers) {
  return layers.empty() ? "" : Chart(layers) + WorstFirst(layers);
}

}  // namespace qconvert
