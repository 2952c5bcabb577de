// A verdict as one HTML page: gates with their intervals, figures, SQNR along the network, layers,
// samples whose answer changed.
#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr double kWidth = 640, kHeight = 260, kMargin = 40;  // of the chart
constexpr double kMostDb = 60;                               // of the chart's upper end
constexpr size_t kMostSamples = 50;                          // of those that changed

std::string VerdictClass(Verdict verdict) {
  return fmt::format("<td class={0}>{0}</td>", ToText(verdict));
}

std::string Number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : value > 0 ? "exact" : "-";
}

/// The interval as a bar on an axis from just below to just above it and the limit, which is a
/// line.
std::string IntervalDrawing(const GateResult& gate) {
  if (gate.exact() || !std::isfinite(gate.lower) || !std::isfinite(gate.upper)) {
    return "<td></td>";
  }
  const double low = std::min(gate.lower, gate.limit), high = std::max(gate.upper, gate.limit);
  const double width = high > low ? high - low : 1;
  const auto at = [&](double value) { return 5 + 150 * (value - low) / width; };
  return fmt::format(
      "<td><svg viewBox=\"0 0 160 20\" role=\"img\" aria-label=\"interval and "
      "limit\"><path d=\"M{0:.1f} 10 H{1:.1f}\" stroke=\"var(--bar)\" stroke-width=\"8\"/>"
      "<circle cx=\"{2:.1f}\" cy=\"10\" r=\"4\" fill=\"currentColor\"/><path d=\"M{3:.1f} 0 V20\" "
      "stroke=\"var(--dot)\" stroke-width=\"3\"/></svg></td>",
      at(gate.lower), std::max(at(gate.upper), at(gate.lower) + 1), at(gate.value), at(gate.limit));
}

std::string Gates(const EvaluateSummary& summary) {
  if (summary.gates.empty()) return "<p>No gates were set.</p>\n";
  std::string rows =
      "<tr><th>gate</th><th>verdict</th><th class=n>value</th><th class=n>95 % interval</th>"
      "<th class=n>limit</th><th>interval, value and limit</th><th></th></tr>\n";
  for (const GateResult& gate : summary.gates) {
    const std::string interval =
        gate.exact() ? "" : fmt::format("{} to {}", Number(gate.lower), Number(gate.upper));
    rows += fmt::format(
        "<tr><td>{}</td>{}<td class=n>{}</td><td class=n>{}</td><td class=n>{:.4g}</td>{}"
        "<td>{}</td></tr>\n",
        EscapeMarkup(gate.name), VerdictClass(gate.verdict), Number(gate.value), interval,
        gate.limit, IntervalDrawing(gate),
        gate.verdict == Verdict::kUndecided ? EscapeMarkup(WhatDecides(gate)) : "");
  }
  return "<h2>Gates</h2>\n" + Table(rows);
}

std::string Row(const std::string& name, const std::string& reference,
                const std::string& candidate) {
  return fmt::format("<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td></tr>\n", name,
                     reference, candidate);
}

std::string Figures(const EvaluateSummary& summary) {
  std::string rows =
      "<tr><th></th><th class=n>float network</th><th class=n>candidate</th></tr>\n" +
      Row("size", fmt::format("{:.3f} MB", static_cast<double>(summary.reference_bytes) / 1e6),
          fmt::format("{:.3f} MB", static_cast<double>(summary.candidate_bytes) / 1e6));
  if (summary.reference_accuracy) {
    const AccuracySummary &was = *summary.reference_accuracy, &is = *summary.candidate_accuracy;
    rows += Row("top-1", fmt::format("{:.2f} %", was.top1_percent),
                fmt::format("{:.2f} %", is.top1_percent));
    rows += Row("top-5", fmt::format("{:.2f} %", was.top5_percent),
                fmt::format("{:.2f} %", is.top5_percent));
  }
  if (summary.agreement_percent) {
    rows += Row("same top-1", "", fmt::format("{:.2f} %", *summary.agreement_percent));
  }
  if (summary.latency) {
    rows += Row("latency, one thread", fmt::format("{:.3f} ms", summary.latency->reference_ms),
                fmt::format("{:.3f} ms", summary.latency->candidate_ms));
  }
  if (summary.metric) {
    rows += Row("metric", Number(summary.metric->reference), Number(summary.metric->candidate));
  }
  for (const OutputSummary& output : summary.outputs) {
    rows += Row("output " + EscapeMarkup(output.name), "", EscapeMarkup(FiguresText(output)));
  }
  return fmt::format("<h2>Figures</h2>\n<p>{} samples of {}.</p>\n", summary.samples,
                     EscapeMarkup(summary.data)) +
         Table(rows);
}

double HeightOf(double decibels) {
  const double share = std::clamp(decibels, 0.0, kMostDb) / kMostDb;
  return kHeight - kMargin - share * (kHeight - 2 * kMargin);
}

/// SQNR of each layer, in the order of the network.
std::string Chart(const EvaluateSummary& summary) {
  std::string drawing;
  for (double decibels = 0; decibels <= kMostDb; decibels += 20) {
    drawing += fmt::format(
        "<path d=\"M{0} {1:.1f} H{2}\" stroke=\"var(--line)\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        kMargin, HeightOf(decibels), kWidth - kMargin, kMargin - 6, HeightOf(decibels) + 4,
        decibels);
  }
  const double step = (kWidth - 2 * kMargin) / static_cast<double>(summary.layers.size());
  for (size_t i = 0; i < summary.layers.size(); ++i) {
    const LayerSummary& layer = summary.layers[i];
    const double y = HeightOf(layer.sqnr_db);
    drawing += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"var({})\">"
        "<title>{} ({}): {}</title></rect>\n",
        kMargin + static_cast<double>(i) * step, y, std::max(1.0, 0.8 * step),
        kHeight - kMargin - y, layer.scale ? "--bar" : "--line", EscapeMarkup(layer.node),
        EscapeMarkup(layer.kind), Decibels(layer.sqnr_db));
  }
  return fmt::format(
      "<h2>SQNR along the network</h2>\n<p>In dB, a bar for each layer that both networks have, "
      "from the first to the last; grey ones are float. A layer's noise includes what comes before "
      "it.</p>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"SQNR by layer\">\n{}</svg>\n",
      kWidth, kHeight, drawing);
}

std::string LayerRow(const LayerSummary& layer) {
  const auto percent = [](const std::optional<double>& share) {
    return share ? fmt::format("{:.2f} %", 100 * *share) : "";
  };
  return fmt::format(
      "<tr><td class=w>{}</td><td>{}</td><td class=n>{}</td><td class=n>{}</td>{}"
      "<td class=n>{}</td><td class=n>{}</td></tr>\n",
      EscapeMarkup(layer.node), EscapeMarkup(layer.kind), Decibels(layer.sqnr_db),
      percent(layer.share_at_ends), Bar(100 * layer.share_used.value_or(0)),
      layer.scale ? fmt::format("{:.5g}", *layer.scale) : "float",
      layer.zero_point ? fmt::format("{}", *layer.zero_point) : "");
}

std::string Layers(const EvaluateSummary& summary) {
  if (summary.layers.empty()) return "";
  std::vector<LayerSummary> worst = summary.layers;
  std::ranges::stable_sort(worst, {}, &LayerSummary::sqnr_db);
  std::string rows =
      "<tr><th>node</th><th>operator</th><th class=n>SQNR</th><th class=n>stuck at the ends</th>"
      "<th>used part of the range</th><th class=n>scale</th><th class=n>zero point</th></tr>\n";
  for (const LayerSummary& layer : worst) rows += LayerRow(layer);
  return Chart(summary) + "<h2>Layers, the noisiest first</h2>\n" + Table(rows);
}

std::string Changed(const EvaluateSummary& summary) {
  if (summary.changed.empty()) return "";
  std::string rows =
      "<tr><th>sample</th><th class=n>float network</th><th class=n>candidate</th>"
      "<th class=n>label</th></tr>\n";
  for (size_t i = 0; i < std::min(kMostSamples, summary.changed.size()); ++i) {
    const ChangedSample& one = summary.changed[i];
    rows += fmt::format(
        "<tr><td class=w>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td></tr>\n",
        EscapeMarkup(one.sample), one.reference, one.candidate,
        one.label ? fmt::format("{}", *one.label) : "");
  }
  return fmt::format("<h2>Changed answers</h2>\n<p>{} samples{}; classes:</p>\n",
                     summary.changed.size(),
                     summary.changed.size() > kMostSamples
                         ? fmt::format(", of which these are the first {}", kMostSamples)
                         : "") +
         Table(rows);
}

std::string Warnings(const EvaluateSummary& summary) {
  std::string list;
  for (const std::string& warning : summary.warnings) {
    list += "<p class=warning>" + EscapeMarkup(warning) + "</p>\n";
  }
  return list;
}

}  // namespace

std::string ToHtml(const EvaluateSummary& summary) {
  const std::string title =
      summary.error
          ? "qeval: no verdict"
          : fmt::format("qeval: {}", summary.gates.empty() ? "no gates" : ToText(summary.verdict));
  const std::string head = fmt::format("<p>{} against {}</p>\n", EscapeMarkup(summary.candidate),
                                       EscapeMarkup(summary.reference));
  if (summary.error) {
    return Page(title,
                head + fmt::format("<p class=fail>exit code {}: {}</p>\n", summary.error->exit_code,
                                   EscapeMarkup(summary.error->message)));
  }
  return Page(title, head + Warnings(summary) + Gates(summary) + Figures(summary) +
                         Layers(summary) + Changed(summary));
}

}  // namespace qconvert
