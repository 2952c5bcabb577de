#include "lib/report/layer_section.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <spdlog/fmt/fmt.h>

#include "lib/report/decibel_chart.h"
#include "lib/report/histogram_chart.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"
#include "lib/report/sortable_table.h"

namespace qconvert {
namespace {

constexpr DecibelChart kChart{.width = 640, .height = 240, .margin = 30, .most_db = 60};
constexpr size_t kDrawnLayers = 6;

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

/// Returns the noise that a layer adds; it may have less than what it reads.
std::string AddedNoise(const LayerSummary& layer) {
  if (!layer.added_noise) return "";
  const double noise = std::max(0.0, *layer.added_noise);
  return std::isfinite(noise) ? Percent(noise) : "only noise";
}

/// The columns of the table of layers: those that nothing is known for are left out.
struct LayerColumn {
  SortableColumn column;
  bool known;
  SortableCell (*cell)(const LayerSummary& layer);
};

/// Returns a key that puts the largest values first, and unknown ones last.
double Largest(const std::optional<double>& value) {
  return value && !std::isnan(*value) ? -*value : std::numeric_limits<double>::infinity();
}
double Smallest(const std::optional<double>& value) {
  return value && !std::isnan(*value) ? *value : std::numeric_limits<double>::infinity();
}

std::vector<LayerColumn> ColumnsOf(const std::vector<LayerSummary>& layers) {
  const auto any = [&](const auto& known) {
    return std::any_of(layers.begin(), layers.end(), known);
  };
  const bool tried = any([](const LayerSummary& layer) { return layer.alone_db.has_value(); });
  const bool added = any([](const LayerSummary& layer) { return layer.added_noise.has_value(); });
  return {{{"layer", false, false},
           true,
           [](const LayerSummary& layer) {
             return SortableCell{NodeName(layer.node) + " <b>" + EscapeMarkup(layer.kind) + "</b>"};
           }},
          {{"alone quantized", true},
           tried,
           [](const LayerSummary& layer) {
             return SortableCell{layer.alone_db ? Decibels(*layer.alone_db) : "",
                                 Smallest(layer.alone_db)};
           }},
          {{"alone in float", true},
           tried,
           [](const LayerSummary& layer) {
             return SortableCell{layer.gain_db ? fmt::format("{:+.1f} dB", *layer.gain_db) : "",
                                 Largest(layer.gain_db)};
           }},
          {{"noise it adds", true},
           added,
           [](const LayerSummary& layer) {
             return SortableCell{AddedNoise(layer), Largest(layer.added_noise)};
           }},
          {{"SQNR", true},
           true,
           [](const LayerSummary& layer) {
             return SortableCell{Decibels(layer.sqnr_db), Smallest(layer.sqnr_db)};
           }},
          {{"stuck", true},
           true,
           [](const LayerSummary& layer) {
             return SortableCell{Percent(layer.share_at_ends), Largest(layer.share_at_ends)};
           }},
          {{"used", true},
           true,
           [](const LayerSummary& layer) {
             return SortableCell{
                 layer.share_used ? fmt::format("{:.0f} %", 100 * *layer.share_used) : "",
                 Smallest(layer.share_used)};
           }},
          {{"scale", true},
           true,
           [](const LayerSummary& layer) {
             return SortableCell{layer.scale ? fmt::format("{:.5g}", *layer.scale) : "float",
                                 Largest(layer.scale)};
           }},
          {{"zero point", true, false}, true, [](const LayerSummary& layer) {
             return SortableCell{layer.zero_point ? fmt::format("{}", *layer.zero_point) : ""};
           }}};
}

/// Returns the title and what the columns mean.
std::string LayerHead(const std::vector<LayerSummary>& layers) {
  const bool tried = std::any_of(layers.begin(), layers.end(), [](const LayerSummary& layer) {
    return layer.alone_db.has_value();
  });
  return fmt::format(
      "<h2>Layers, {} first</h2>\n<p>{}SQNR: of the layer's own result, with all that comes before "
      "it. Stuck: values clipped at an end of the range; used: of the range. A click on an "
      "underlined title sorts.</p>\n",
      tried ? "those that do the most damage" : "the noisiest",
      tried ? "Alone quantized: SQNR of the worst output when only this layer is; alone in float: "
              "what that output gains when only this layer is. "
            : "");
}

std::string LayerTable(const std::vector<LayerSummary>& layers) {
  std::vector<LayerColumn> columns = ColumnsOf(layers);
  std::erase_if(columns, [](const LayerColumn& column) { return !column.known; });
  std::vector<SortableColumn> heads;
  for (const LayerColumn& column : columns) heads.push_back(column.column);
  std::vector<std::vector<SortableCell>> rows;
  for (const LayerSummary& layer : ByDamage(layers)) {
    rows.emplace_back();
    for (const LayerColumn& column : columns) rows.back().push_back(column.cell(layer));
  }
  return LayerHead(layers) + SortableTable("layers", heads, rows);
}

/// Returns the histograms of a layer, with its name.
std::string Figure(const LayerSummary& layer) {
  std::string charts;
  if (layer.activations) charts += HistogramChart("results", *layer.activations);
  if (layer.weights) charts += HistogramChart("weights", *layer.weights);
  return fmt::format("<figure><figcaption>{} <b>{}</b></figcaption>\n{}</figure>\n",
                     NodeName(layer.node), EscapeMarkup(layer.kind), charts);
}

std::string WorstLayers(const std::vector<LayerSummary>& layers) {
  std::string figures;
  size_t shown = 0;
  for (const LayerSummary& layer : ByDamage(layers)) {
    if (!layer.activations && !layer.weights) continue;
    figures += Figure(layer);
    if (++shown == kDrawnLayers) break;
  }
  if (figures.empty()) return "";
  return "<h2>Values of the worst layers</h2>\n<p>Areas: the float network's values; lines: the "
         "candidate's; dashed: where the range ends. Heights are square roots of counts.</p>\n"
         "<div class=\"cards wide\">\n" +
         figures + "</div>\n";
}

}  // namespace

std::string LayerSection(const std::vector<LayerSummary>& layers) {
  return layers.empty() ? "" : Chart(layers) + LayerTable(layers) + WorstLayers(layers);
}

}  // namespace qconvert
