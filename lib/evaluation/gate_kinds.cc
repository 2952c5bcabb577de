#include "lib/evaluation/gate_kinds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace qconvert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

int64_t Scaled(size_t count, double scale) {
  return std::llround(static_cast<double>(count) * scale);
}

Figure InPercent(double share, const Interval& interval) {
  return {100 * share, {100 * interval.lower, 100 * interval.upper}};
}

Figure ShareOf(size_t hits, const Comparison& comparison, double scale) {
  const double share = static_cast<double>(hits) / static_cast<double>(comparison.samples);
  return InPercent(share, ShareInterval(Scaled(hits, scale), Scaled(comparison.samples, scale)));
}

Figure DropOf(const ChangedAnswers& changes, const Comparison& comparison, double scale) {
  const double drop = (static_cast<double>(changes.lost) - static_cast<double>(changes.gained)) /
                      static_cast<double>(comparison.samples);
  return InPercent(drop,
                   DifferenceInterval(Scaled(changes.lost, scale), Scaled(changes.gained, scale),
                                      Scaled(comparison.samples, scale)));
}

Figure Top1Drop(const Comparison& comparison, double scale) {
  return DropOf(comparison.top1_changes, comparison, scale);
}

Figure Top5Drop(const Comparison& comparison, double scale) {
  return DropOf(comparison.top5_changes, comparison, scale);
}

Figure Top1(const Comparison& comparison, double scale) {
  return ShareOf(comparison.candidate->top1, comparison, scale);
}

Figure Agreement(const Comparison& comparison, double scale) {
  return ShareOf(comparison.agreement.value(), comparison, scale);
}

ErrorSums SumsOf(const OutputComparison& output, std::span<const uint32_t> times) {
  ErrorSums sums;
  for (size_t i = 0; i < times.size(); ++i) sums.Merge(output.sample_errors[i], times[i]);
  return sums;
}

/// Returns the worst figure of the outputs that hold reals.
///   worse  min or max
template <typename FigureOf, typename Worse>
double Worst(const Comparison& comparison, double best, FigureOf figure_of, Worse worse) {
  double worst = best;
  for (const OutputComparison& output : comparison.outputs) {
    if (!output.same_values) worst = worse(worst, figure_of(output));
  }
  return worst;
}

DrawnFigure Sqnr(const Comparison& comparison) {
  return [&comparison](std::span<const uint32_t> times) {
    return Worst(
        comparison, kInfinity,
        [&](const OutputComparison& output) { return SumsOf(output, times).sqnr_db(); },
        [](double a, double b) { return std::min(a, b); });
  };
}

DrawnFigure MeanSquaredError(const Comparison& comparison) {
  return [&comparison](std::span<const uint32_t> times) {
    return Worst(
        comparison, 0,
        [&](const OutputComparison& output) { return SumsOf(output, times).mean_squared_error(); },
        [](double a, double b) { return std::max(a, b); });
  };
}

/// NaN, which decides nothing, when no output of the reference varies.
DrawnFigure WorstCorrelation(const Comparison& comparison) {
  return [&comparison](std::span<const uint32_t> times) {
    const auto correlation = [&](const OutputComparison& output) {
      Correlation sums;
      for (size_t i = 0; i < times.size(); ++i) sums.Merge(output.sample_correlations[i], times[i]);
      return sums.value().value_or(kNan);
    };
    return Worst(comparison, kNan, correlation, [](double a, double b) { return std::fmin(a, b); });
  };
}

DrawnFigure MeanIou(const Comparison& comparison) {
  return [&comparison](std::span<const uint32_t> times) {
    return MeanIouPercent(comparison.label_maps, times);
  };
}

constexpr std::array kGateKinds = {
    GateKind{"max-drop", &GateLimits::max_drop, "top-1 drop (points)", "POINTS",
             "top-1 may drop by so many points", 0, 100, " points", GateNeed::kLabels, Top1Drop},
    GateKind{"max-top5-drop", &GateLimits::max_top5_drop, "top-5 drop (points)", "POINTS",
             "top-5 may drop by so many points", 0, 100, " points", GateNeed::kLabels, Top5Drop},
    GateKind{"min-top1", &GateLimits::min_top1, "top-1 (%)", "PERCENT",
             "top-1 of the candidate, percent", 0, 100, " percent", GateNeed::kLabels, Top1},
    GateKind{"min-agreement", &GateLimits::min_agreement, "agreement (%)", "PERCENT",
             "same top-1 as float, percent", 0, 100, " percent", GateNeed::kTop1, Agreement},
    GateKind{"min-sqnr", &GateLimits::min_sqnr, "SQNR (dB)", "DB", "SQNR of the worst output",
             -kInfinity, kInfinity, " dB", GateNeed::kReals, nullptr, Sqnr},
    GateKind{"min-correlation", &GateLimits::min_correlation, "correlation", "R",
             "correlation of the worst output, -1 to 1", -1, 1, "", GateNeed::kReals, nullptr,
             WorstCorrelation},
    GateKind{"max-mse", &GateLimits::max_mse, "mean squared error", "MSE",
             "mean squared error of the worst output", 0, kInfinity, "", GateNeed::kReals, nullptr,
             MeanSquaredError},
    GateKind{"min-iou", &GateLimits::min_iou, "label maps, intersection over union (%)", "PERCENT",
             "label maps of the first output: intersection over union with the float ones, mean "
             "over the classes, percent",
             0, 100, " percent", GateNeed::kLabelMap, nullptr, MeanIou},
    GateKind{"max-latency-ratio", &GateLimits::max_latency_ratio, "latency ratio", "RATIO",
             "time of an inference here on one thread, candidate / reference", 0, kInfinity, "",
             GateNeed::kNothing, nullptr, nullptr, &GateEvidence::latency_ratio},
    GateKind{"max-size-ratio", &GateLimits::max_size_ratio, "size ratio", "RATIO",
             "bytes with weights, candidate / reference", 0, kInfinity, "", GateNeed::kNothing,
             nullptr, nullptr, &GateEvidence::size_ratio},
    GateKind{"min-metric", &GateLimits::min_metric, "metric", "VALUE",
             "what --metric-command measures of the candidate", -kInfinity, kInfinity, "",
             GateNeed::kMetric, nullptr, nullptr, &GateEvidence::metric},
    GateKind{"max-metric", &GateLimits::max_metric, "metric", "VALUE",
             "the same, of a metric that is better when lower", -kInfinity, kInfinity, "",
             GateNeed::kMetric, nullptr, nullptr, &GateEvidence::metric},
    GateKind{"max-metric-drop", &GateLimits::max_metric_drop, "metric drop", "VALUE",
             "how much lower the metric may be than the reference's", -kInfinity, kInfinity, "",
             GateNeed::kMetric, nullptr, nullptr, &GateEvidence::metric_drop},
    GateKind{"max-metric-rise", &GateLimits::max_metric_rise, "metric rise", "VALUE",
             "how much higher the metric may be than the reference's", -kInfinity, kInfinity, "",
             GateNeed::kMetric, nullptr, nullptr, &GateEvidence::metric_drop, -1}};

}  // namespace

std::span<const GateKind> GateKinds() { return kGateKinds; }

const GateKind* FindGateKind(std::string_view name) {
  const auto found = std::find_if(kGateKinds.begin(), kGateKinds.end(),
                                  [&](const GateKind& kind) { return kind.name == name; });
  return found == kGateKinds.end() ? nullptr : &*found;
}

}  // namespace qconvert
