#include "lib/evaluation/gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/check.h"
#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr double kMostSamples = 1e6;  // that are worth naming

std::string OptionOf(const GateKind& kind) { return fmt::format("--{}", kind.name); }

/// Returns the option of the first limit that needs something; empty when none does.
std::string OptionThatNeeds(const GateLimits& limits, GateNeed need) {
  for (const GateKind& kind : GateKinds()) {
    if (kind.need == need && limits.*kind.limit) return OptionOf(kind);
  }
  return "";
}

void RequireValue(const GateKind& kind, double limit) {
  if (!std::isfinite(limit)) {
    Fail(ErrorKind::kUsage, fmt::format("{} {} is no number", OptionOf(kind), limit));
  }
  if (limit >= kind.least && limit <= kind.most) return;
  const std::string most =
      std::isfinite(kind.most) ? fmt::format(" to {}{}", kind.most, kind.unit) : " or more";
  Fail(ErrorKind::kUsage,
       fmt::format("{} {} cannot be: it is {}{}", OptionOf(kind), limit, kind.least, most));
}

Verdict Decide(const GateKind& kind, const Interval& interval, double limit) {
  const bool kept = kind.at_most() ? interval.upper <= limit : interval.lower >= limit;
  const bool missed = kind.at_most() ? interval.lower > limit : interval.upper < limit;
  return kept ? Verdict::kPass : missed ? Verdict::kFail : Verdict::kUndecided;
}

/// Judges one comparison.
class Judging {
 public:
  Judging(const GateEvidence& evidence, const GateLimits& limits)
      : evidence_(evidence), comparison_(evidence.comparison), limits_(limits) {}

  std::vector<GateResult> Run() {
    DrawFigures();
    for (const GateKind& kind : GateKinds()) {
      if (limits_.*kind.limit) results_.push_back(Result(kind, *(limits_.*kind.limit)));
    }
    if (!results_.empty()) results_.push_back(Degenerate());
    return std::move(results_);
  }

 private:
  /// Draws samples for all figures at once.
  void DrawFigures() {
    std::vector<DrawnFigure> figures;
    for (const GateKind& kind : GateKinds()) {
      if (kind.draw == nullptr || !(limits_.*kind.limit)) continue;
      drawn_kinds_.push_back(&kind);
      figures.push_back(kind.draw(comparison_));
    }
    const std::vector<uint32_t> once(comparison_.samples, 1);
    const std::vector<Interval> intervals = BootstrapIntervals(comparison_.samples, figures);
    for (size_t k = 0; k < figures.size(); ++k) drawn_.push_back({figures[k](once), intervals[k]});
  }

  Figure FigureOf(const GateKind& kind) const {
    if (kind.count != nullptr) return kind.count(comparison_, 1);
    if (kind.draw != nullptr) {
      const auto at = std::find(drawn_kinds_.begin(), drawn_kinds_.end(), &kind);
      return drawn_[static_cast<size_t>(at - drawn_kinds_.begin())];
    }
    const Figure& given = (evidence_.*kind.given).value();
    if (kind.sign > 0) return given;
    return {-given.value, {-given.interval.upper, -given.interval.lower}};
  }

  GateResult Result(const GateKind& kind, double limit) const {
    const Figure figure = FigureOf(kind);
    GateResult result{std::string(kind.name), std::string(kind.figure), limit,
                      figure.value,           figure.interval.lower,    figure.interval.upper};
    result.verdict = Decide(kind, figure.interval, limit);
    if (result.verdict == Verdict::kUndecided) {
      result.samples_to_decide = SamplesToDecide(kind, figure, limit);
    }
    return result;
  }

  std::optional<size_t> SamplesToDecide(const GateKind& kind, const Figure& figure,
                                        double limit) const {
    if (kind.count != nullptr) return SamplesToCount(kind, limit);
    if (kind.draw != nullptr) return SamplesToDraw(kind, figure, limit);
    return std::nullopt;
  }

  std::optional<size_t> Samples(double scale) const {
    const double samples = std::ceil(scale * static_cast<double>(comparison_.samples));
    if (!(samples <= kMostSamples)) return std::nullopt;
    return static_cast<size_t>(samples);
  }

  /// Looks for the number of samples at which counts that keep their shares decide.
  std::optional<size_t> SamplesToCount(const GateKind& kind, double limit) const {
    const auto decides = [&](double scale) {
      return Decide(kind, kind.count(comparison_, scale).interval, limit) != Verdict::kUndecided;
    };
    double few = 1, enough = 2;
    for (; !decides(enough); enough *= 2) {
      if (!Samples(enough)) return std::nullopt;
      few = enough;
    }
    while (enough - few > 0.01 * enough) {
      const double middle = (few + enough) / 2;
      (decides(middle) ? enough : few) = middle;
    }
    return Samples(enough);
  }

  /// An interval becomes shorter with the root of the number of samples.
  std::optional<size_t> SamplesToDraw(const GateKind& kind, const Figure& figure,
                                      double limit) const {
    if (comparison_.samples < kFewestSamples) return kFewestSamples;
    const bool kept = kind.at_most() ? figure.value < limit : figure.value > limit;
    const double end = kept == kind.at_most() ? figure.interval.upper : figure.interval.lower;
    const double ratio = (end - figure.value) / (limit - figure.value);
    return Samples(ratio * ratio);
  }

  GateResult Degenerate() const {
    const double degenerate = comparison_.degenerate() ? 1 : 0;
    GateResult result{"degenerate", "degenerate outputs", 0, degenerate, degenerate, degenerate};
    result.verdict = comparison_.degenerate() ? Verdict::kFail : Verdict::kPass;
    return result;
  }

  const GateEvidence& evidence_;
  const Comparison& comparison_;
  const GateLimits& limits_;
  std::vector<const GateKind*> drawn_kinds_;
  std::vector<Figure> drawn_;  // of drawn_kinds_
  std::vector<GateResult> results_;
};

}  // namespace

void RequireLimits(const GateLimits& limits, bool labels, bool metric) {
  const auto refuse = [&](GateNeed need, const char* what) {
    const std::string option = OptionThatNeeds(limits, need);
    if (!option.empty()) Fail(ErrorKind::kUsage, fmt::format("{} needs {}", option, what));
  };
  if (!labels) refuse(GateNeed::kLabels, "--labels");
  if (!metric) refuse(GateNeed::kMetric, "--metric-command");
  for (const GateKind& kind : GateKinds()) {
    if (limits.*kind.limit) RequireValue(kind, *(limits.*kind.limit));
  }
}

void RequireTop1(const GateLimits& limits, bool labels, const std::vector<Port>& outputs,
                 bool whole_numbers) {
  const std::string option = labels ? "--labels" : OptionThatNeeds(limits, GateNeed::kTop1);
  const Port& output = outputs.front();
  const bool single = NumElements(output.shape) == 1, boxes = AreDetections(outputs);
  const bool top1 = whole_numbers ? single && !labels : ClassesOf(output.shape) > 0;
  if (option.empty() || (top1 && !boxes)) return;
  const std::string what = boxes    ? "one of boxes and their scores"
                           : single ? "a single value"
                                    : "of shape " + ToText(output.shape);
  Fail(ErrorKind::kUsage,
       fmt::format("{} needs one score per class, but output '{}' is {}; judge it by --min-sqnr "
                   "and --min-correlation",
                   option, output.name, what));
}

void RequireOutputs(const GateLimits& limits, const Graph& graph) {
  const std::string reals = OptionThatNeeds(limits, GateNeed::kReals);
  const bool whole = std::all_of(graph.outputs.begin(), graph.outputs.end(),
                                 [&](TensorId id) { return HoldsWholeNumbers(graph.tensor(id)); });
  if (!reals.empty() && whole) {
    Fail(ErrorKind::kUsage, fmt::format("{} judges reals, and the outputs are whole numbers; judge "
                                        "them by --min-agreement",
                                        reals));
  }
  const std::string maps = OptionThatNeeds(limits, GateNeed::kLabelMap);
  if (maps.empty()) return;
  const Port output = OutputPorts(graph).front();
  if (IsLabelMap(output.shape, HoldsWholeNumbers(graph.tensor(output.id)))) return;
  Fail(ErrorKind::kUsage,
       fmt::format("{} needs scores [N,C,places...] of several classes, or a map of whole numbers, "
                   "but output '{}' is of shape {}; --outputs NAME ends the network at another "
                   "tensor",
                   maps, output.name, ToText(output.shape)));
}

double FigureAlone(const GateKind& kind, const Comparison& comparison) {
  if (kind.count != nullptr) return kind.count(comparison, 1).value;
  Check(kind.draw != nullptr, "a gate that is told its figure");
  return kind.draw(comparison)(std::vector<uint32_t>(comparison.samples, 1));
}

bool HasLimits(const GateLimits& limits) {
  const auto kinds = GateKinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const GateKind& kind) { return (limits.*kind.limit).has_value(); });
}

std::vector<GateResult> Judge(const GateEvidence& evidence, const GateLimits& limits) {
  return Judging(evidence, limits).Run();
}

Verdict Together(const std::vector<GateResult>& gates) {
  Verdict all = Verdict::kPass;
  for (const GateResult& gate : gates) {
    if (gate.verdict == Verdict::kFail) return Verdict::kFail;
    if (gate.verdict == Verdict::kUndecided) all = Verdict::kUndecided;
  }
  return all;
}

}  // namespace qconvert
