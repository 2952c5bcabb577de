#include "lib/report/roofline_chart.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"

namespace qconvert {
namespace {

constexpr double kWidth = 640, kHeight = 360, kMargin = 48;

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

std::string Line(double x0, double y0, double x1, double y1) {
  return fmt::format(
      "<path d=\"M{:.1f} {:.1f} L{:.1f} {:.1f}\" stroke=\"currentColor\" stroke-width=\"2\"/>", x0,
      y0, x1, y1);
}

/// Level, from where the fastest reads reach it; the name stands above or below.
std::string Peak(const Axes& axes, double gops, double gigabytes_per_s, const char* name,
                 bool above) {
  const double from = std::max(axes.left, std::log10(gops / gigabytes_per_s));
  const double y = axes.Y(gops);
  return Line(axes.X(std::pow(10, from)), y, kWidth - kMargin, y) +
         fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{} {:.0f} GOP/s</text>\n",
                     kWidth - kMargin, y + (above ? -6 : 16), name, gops);
}

/// Rising, up to a peak; the name stands at its foot.
std::string Slope(const Axes& axes, double gops, const LevelSummary& level) {
  const double speed = level.gigabytes_per_s;
  const double start = std::max(std::pow(10, axes.left), std::pow(10, axes.bottom) / speed);
  const double x0 = axes.X(start), y0 = axes.Y(start * speed);
  const double x1 = axes.X(gops / speed), y1 = axes.Y(gops);
  if (x1 <= x0) return "";
  const double degrees = std::atan2(y1 - y0, x1 - x0) * 180 / std::acos(-1.0);
  return Line(x0, y0, x1, y1) +
         fmt::format(
             "<text x=\"{0:.1f}\" y=\"{1:.1f}\" dx=\"6\" dy=\"-4\" transform=\"rotate({2:.1f} "
             "{0:.1f} {1:.1f})\">{3}</text>\n",
             x0, y0, degrees, level.name);
}

std::string Roofs(const Axes& axes, const PeakSummary& peaks) {
  double fastest = 0;
  for (const LevelSummary& level : peaks.levels) {
    fastest = std::max(fastest, level.gigabytes_per_s);
  }
  const bool int8_above = peaks.int8_gops >= peaks.float32_gops;
  std::string drawing = Peak(axes, peaks.int8_gops, fastest, "int8", int8_above) +
                        Peak(axes, peaks.float32_gops, fastest, "float32", !int8_above);
  for (const LevelSummary& level : peaks.levels) {
    drawing += Slope(axes, std::max(peaks.int8_gops, peaks.float32_gops), level);
  }
  return drawing;
}

}  // namespace

std::string Roofline(const BenchmarkSummary& summary) {
  const Axes axes = ChooseAxes(summary);
  std::string drawing = Grid(axes) + Roofs(axes, *summary.peaks);
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
      "per byte of operands and results; up: GOP/s. A step's roof is the longer of its products at "
      "the peak and of one read of its operands and results from the fastest level that holds them "
      "all.</p>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Roofline\">\n{}</svg>\n",
      kWidth, kHeight, drawing);
}

}  // namespace qconvert
