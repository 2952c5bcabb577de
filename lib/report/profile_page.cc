// A profile as one HTML page: figures, time by operator, the roofline, every step.
#include <algorithm>
#include <cmath>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr double kWidth = 640, kHeight = 360, kMargin = 48;  // of the roofline's drawing

std::string Figures(const BenchmarkSummary& summary) {
  return fmt::format(
      "<p>{} thread(s), batch {}, {} runs: minimum {:.3f} ms, median {:.3f} ms, 90th percentile "
      "{:.3f} ms; {:.1f} inferences/s. Loaded in {:.0f} ms, at most {:.1f} MB resident.<br>\n"
      "{:.1f} GOP/s, {:.1f} % of what the machine did at best: {:.0f} GOP/s in int8, {:.0f} in "
      "float32, {:.1f} GB/s from memory.</p>\n",
      summary.threads, summary.batch, summary.runs, summary.min_ms, summary.median_ms,
      summary.p90_ms, summary.samples_per_s, summary.load_ms(),
      static_cast<double>(summary.peak_rss_bytes) / 1e6, summary.gops, summary.percent_of_peak,
      summary.peaks->int8_gops, summary.peaks->float32_gops, summary.peaks->gigabytes_per_s);
}

std::string TimeByOperator(const BenchmarkSummary& summary) {
  std::map<std::string, double> percent;
  for (const StepSummary& step : summary.steps) percent[step.kind] += step.percent_of_time;
  std::vector<std::pair<std::string, double>> sorted(percent.begin(), percent.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string rows;
  for (const auto& [kind, share] : sorted) {
    rows += fmt::format("<tr><td>{}</td><td class=n>{:.1f} %</td>{}</tr>\n", EscapeMarkup(kind),
                        share, Bar(share, sorted.front().second));
  }
  return "<h2>Time by operator</h2>\n" + Table(rows);
}

/// The axes of the roofline, both logarithmic.
struct Axes {
  double left, right;  ///< decades of operations per byte
  double bottom, top;  ///< decades of GOP/s

  double X(double operations_per_byte) const {
    const double at = (std::log10(operations_per_byte) - left) / (right - left);
    return kMargin + at * (kWidth - 2 * kMargin);
  }
  double Y(double gops) const {
    const double at = (std::log10(gops) - bottom) / (top - bottom);
    return kHeight - kMargin - at * (kHeight - 2 * kMargin);
  }
};

bool HasPlace(const StepSummary& step) { return step.gops > 0 && step.operations_per_byte > 0; }

Axes ChooseAxes(const BenchmarkSummary& summary) {
  Axes axes{0, 3, 0, std::ceil(std::log10(summary.peaks->int8_gops))};
  for (const StepSummary& step : summary.steps) {
    if (!HasPlace(step)) continue;
    const double x = std::log10(step.operations_per_byte), y = std::log10(step.gops);
    axes.left = std::min(axes.left, std::floor(x));
    axes.right = std::max(axes.right, std::ceil(x));
    axes.bottom = std::min(axes.bottom, std::floor(y));
    axes.top = std::max(axes.top, std::ceil(y));
  }
  return axes;
}

std::string Grid(const Axes& axes) {
  std::string lines;
  for (double decade = axes.left; decade <= axes.right; ++decade) {
    const double x = axes.X(std::pow(10, decade));
    lines += fmt::format(
        "<path d=\"M{0:.1f} {1} V{2}\" stroke=\"var(--line)\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        x, kMargin, kHeight - kMargin, kHeight - kMargin + 16, std::pow(10, decade));
  }
  for (double decade = axes.bottom; decade <= axes.top; ++decade) {
    const double y = axes.Y(std::pow(10, decade));
    lines += fmt::format(
        "<path d=\"M{1} {0:.1f} H{2}\" stroke=\"var(--line)\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        y, kMargin, kWidth - kMargin, kMargin - 6, y + 4, std::pow(10, decade));
  }
  return lines;
}

/// Bandwidth up to the ridge, then the peak; the name stands above or below.
std::string Roof(const Axes& axes, double gops, double gigabytes_per_s, const char* name,
                 bool above) {
  const double leftmost = std::pow(10, axes.left), ridge = gops / gigabytes_per_s;
  const double start = std::max(leftmost, std::pow(10, axes.bottom) / gigabytes_per_s);
  return fmt::format(
      "<path d=\"M{:.1f} {:.1f} L{:.1f} {:.1f} H{}\" fill=\"none\" stroke=\"currentColor\" "
      "stroke-width=\"2\"/><text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{} {:.0f} "
      "GOP/s</text>\n",
      axes.X(start), axes.Y(start * gigabytes_per_s), axes.X(ridge), axes.Y(gops), kWidth - kMargin,
      kWidth - kMargin, axes.Y(gops) + (above ? -6 : 16), name, gops);
}

std::string Roofline(const BenchmarkSummary& summary) {
  const Axes axes = ChooseAxes(summary);
  const PeakSummary& peaks = *summary.peaks;
  const bool int8_above = peaks.int8_gops >= peaks.float32_gops;
  std::string drawing =
      Grid(axes) + Roof(axes, peaks.int8_gops, peaks.gigabytes_per_s, "int8", int8_above) +
      Roof(axes, peaks.float32_gops, peaks.gigabytes_per_s, "float32", !int8_above);
  for (const StepSummary& step : summary.steps) {
    if (!HasPlace(step)) continue;
    drawing += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"var(--dot)\" "
        "fill-opacity=\"0.6\"><title>{} ({}): {:.1f} GOP/s, {:.1f} us</title></circle>\n",
        axes.X(step.operations_per_byte), axes.Y(step.gops),
        2 + 2 * std::sqrt(step.percent_of_time), EscapeMarkup(step.node), EscapeMarkup(step.kind),
        step.gops, step.median_us);
  }
  return fmt::format(
      "<h2>Roofline</h2>\n<p>Each dot is a step, its area the time it takes. Across: operations "
      "per byte of operands and results; up: GOP/s.</p>\n<svg viewBox=\"0 0 {} {}\" "
      "role=\"img\" aria-label=\"Roofline\">\n{}</svg>\n",
      kWidth, kHeight, drawing);
}

std::string Steps(const BenchmarkSummary& summary) {
  double largest = 0;
  for (const StepSummary& step : summary.steps) largest = std::max(largest, step.percent_of_time);
  std::string rows;
  for (const StepSummary& step : summary.steps) {
    rows += fmt::format(
        "<tr><td class=w>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=n>{:.1f}</td>"
        "<td class=n>{:.1f}</td><td class=n>{:.1f} %</td>{}</tr>\n",
        EscapeMarkup(step.node), EscapeMarkup(step.kind), step.shape, EscapeMarkup(step.primitive),
        step.median_us, step.gops, step.percent_of_peak, Bar(step.percent_of_time, largest));
  }
  return "<h2>Steps</h2>\n" +
         Table(
             "<tr><th>node</th><th>operator</th><th>result</th><th>executed by</th>"
             "<th class=n>&micro;s</th><th class=n>GOP/s</th><th class=n>of peak</th>"
             "<th>share of the time</th></tr>\n" +
             rows);
}

}  // namespace

std::string ToHtml(const BenchmarkSummary& summary) {
  return Page(summary.model,
              Figures(summary) + TimeByOperator(summary) + Roofline(summary) + Steps(summary));
}

}  // namespace qconvert
