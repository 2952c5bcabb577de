#include "lib/report/step_chart.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"

namespace qconvert {
namespace {

constexpr double kWidth = 640, kHeight = 280, kMargin = 64, kAbove = 28, kBelow = 40,
                 kMostLines = 5;

/// Returns the distance of lines that are easy to read: 1, 2 or 5 times a power of 10.
double LineDistance(double range) {
  const double decade = std::pow(10, std::floor(std::log10(range / kMostLines)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (range / (times * decade) <= kMostLines) return times * decade;
  }
  return 10 * decade;
}

struct Axes {
  double bottom, top, distance;  ///< of values, and of the lines among them
  double steps;

  double X(double step) const { return kMargin + step / steps * (kWidth - 2 * kMargin); }
  double Y(double value) const {
    return kHeight - kBelow - (value - bottom) / (top - bottom) * (kHeight - kAbove - kBelow);
  }
};

Axes ChooseAxes(const std::vector<StepValue>& curve, uint64_t steps,
                const std::vector<Level>& levels) {
  double least = curve.front().value, most = least;
  const auto include = [&](double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  };
  for (const StepValue& at : curve) include(at.value);
  for (const Level& level : levels) include(level.value);
  if (least == most) include(least == 0 ? 1 : least * 0.9);
  const double distance = LineDistance(most - least);
  return {std::floor(least / distance) * distance, std::ceil(most / distance) * distance, distance,
          static_cast<double>(steps)};
}

std::string Grid(const Axes& axes) {
  std::string lines;
  for (double i = std::round(axes.bottom / axes.distance);
       i * axes.distance <= axes.top * (1 + 1e-9); ++i) {
    const double value = i * axes.distance, y = axes.Y(value);
    lines += fmt::format(
        "<path d=\"M{0} {1:.1f} H{2}\" stroke=\"var(--line)\"/><text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:.5g}</text>\n",
        kMargin, y, kWidth - kMargin, kMargin - 6, y + 4, value);
  }
  for (const double step : {0.0, axes.steps}) {
    lines += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.0f}</text>\n",
                         axes.X(step), kHeight - kBelow + 24, step);
  }
  return lines + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">steps</text>\n",
                             kWidth / 2, kHeight - kBelow + 24);
}

/// The name stands above the line.
std::string LevelLine(const Axes& axes, const Level& level) {
  const double y = axes.Y(level.value);
  return fmt::format(
      "<path d=\"M{0} {1:.1f} H{2}\" stroke=\"currentColor\" stroke-dasharray=\"6 4\"/>"
      "<text x=\"{2}\" y=\"{3:.1f}\" text-anchor=\"end\">{4}</text>\n",
      kMargin, y, kWidth - kMargin, y - 5, EscapeMarkup(level.name));
}

std::string CurveLine(const Axes& axes, const std::vector<StepValue>& curve) {
  std::string places, dots;
  for (const StepValue& at : curve) {
    const double x = axes.X(static_cast<double>(at.step)), y = axes.Y(at.value);
    places += fmt::format("{}{:.1f} {:.1f}", places.empty() ? "M" : " L", x, y);
    dots += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"var(--dot)\"><title>step {}: "
        "{:.4g}</title></circle>\n",
        x, y, at.step, at.value);
  }
  return "<path d=\"" + places + "\" fill=\"none\" stroke=\"var(--bar)\" stroke-width=\"2\"/>\n" +
         dots;
}

}  // namespace

std::string StepChart(const std::vector<StepValue>& curve, uint64_t steps,
                      const std::vector<Level>& levels) {
  const Axes axes = ChooseAxes(curve, steps, levels);
  std::string drawing = Grid(axes);
  for (const Level& level : levels) drawing += LevelLine(axes, level);
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\">\n", kWidth, kHeight) + drawing +
         CurveLine(axes, curve) + "</svg>\n";
}

}  // namespace qconvert
