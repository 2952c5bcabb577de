#include "lib/evaluation/gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

void RequireBetween(const char* option, const std::optional<double>& limit, double least,
                    double most, const char* unit) {
  if (!limit || (*limit >= least && *limit <= most)) return;
  Fail(ErrorKind::kUsage,
       fmt::format("{} {} cannot be: it is {} to {}{}", option, *limit, least, most, unit));
}

GateVerdict AtLeast(std::string name, double value, double limit) {
  return {std::move(name), limit, value, value >= limit};
}

GateVerdict AtMost(std::string name, double value, double limit) {
  return {std::move(name), limit, value, value <= limit};
}

/// Returns NaN, which fails, when no output of the reference varies. Whole numbers have none.
double WorstCorrelation(const Comparison& comparison) {
  double worst = std::numeric_limits<double>::quiet_NaN();
  for (const OutputComparison& output : comparison.outputs) {
    if (output.same_values) continue;
    if (const auto value = output.correlation.value()) worst = std::fmin(worst, *value);
  }
  return worst;
}

}  // namespace

void RequireLimits(const GateLimits& limits, bool labels) {
  if (!labels && (limits.max_drop || limits.min_top1)) {
    Fail(ErrorKind::kUsage, "--max-drop and --min-top1 need --labels");
  }
  RequireBetween("--max-drop", limits.max_drop, 0, 100, " points");
  RequireBetween("--min-top1", limits.min_top1, 0, 100, " percent");
  RequireBetween("--min-agreement", limits.min_agreement, 0, 100, " percent");
  RequireBetween("--min-correlation", limits.min_correlation, -1, 1, "");
  if (limits.min_sqnr && !std::isfinite(*limits.min_sqnr)) {
    Fail(ErrorKind::kUsage, fmt::format("--min-sqnr {} is no number of dB", *limits.min_sqnr));
  }
}

void RequireTop1(const GateLimits& limits, bool labels, const Port& output, bool whole_numbers) {
  const char* option = labels ? "--labels" : limits.min_agreement ? "--min-agreement" : nullptr;
  const bool single = NumElements(output.shape) == 1;
  const bool top1 = whole_numbers ? single && !labels : ClassesOf(output.shape) > 0;
  if (option == nullptr || top1) return;
  const std::string what = single ? "a single value" : "of shape " + ToText(output.shape);
  Fail(ErrorKind::kUsage,
       fmt::format("{} needs one score per class, but output '{}' is {}; judge it by --min-sqnr "
                   "and --min-correlation",
                   option, output.name, what));
}

void RequireReals(const GateLimits& limits, const Graph& graph) {
  const char* option = limits.min_sqnr          ? "--min-sqnr"
                       : limits.min_correlation ? "--min-correlation"
                                                : nullptr;
  const bool whole = std::all_of(graph.outputs.begin(), graph.outputs.end(),
                                 [&](TensorId id) { return HoldsWholeNumbers(graph.tensor(id)); });
  if (option == nullptr || !whole) return;
  Fail(ErrorKind::kUsage, fmt::format("{} judges reals, and the outputs are whole numbers; judge "
                                      "them by --min-agreement",
                                      option));
}

std::vector<GateVerdict> Judge(const Comparison& comparison, const GateLimits& limits) {
  const auto percent = [&](size_t part) { return Percent(part, comparison.samples); };
  std::vector<GateVerdict> verdicts;
  if (limits.max_drop) {
    const double drop = percent(comparison.reference->top1) - percent(comparison.candidate->top1);
    verdicts.push_back(AtMost("top-1 drop (points)", drop, *limits.max_drop));
  }
  if (limits.min_top1) {
    const double top1 = percent(comparison.candidate->top1);
    verdicts.push_back(AtLeast("top-1 (%)", top1, *limits.min_top1));
  }
  if (limits.min_agreement) {
    const double agreement = percent(comparison.agreement.value());
    verdicts.push_back(AtLeast("agreement (%)", agreement, *limits.min_agreement));
  }
  if (limits.min_sqnr) {
    verdicts.push_back(AtLeast("SQNR (dB)", comparison.worst_sqnr_db(), *limits.min_sqnr));
  }
  if (limits.min_correlation) {
    const double worst = WorstCorrelation(comparison);
    verdicts.push_back(AtLeast("correlation", worst, *limits.min_correlation));
  }
  if (!verdicts.empty()) {
    verdicts.push_back(AtMost("degenerate outputs", comparison.degenerate() ? 1 : 0, 0));
  }
  return verdicts;
}

}  // namespace qconvert
