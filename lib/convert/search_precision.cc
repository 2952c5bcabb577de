#include "lib/convert/search_precision.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/convert/load_model.h"
#include "lib/convert/measured_search.h"
#include "lib/convert/validate_options.h"
#include "lib/kernels/instructions.h"
#include "lib/search/search_strategy.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;

/// Returns the choices of the user, else those of the mode, the cheapest first.
std::vector<const PrecisionChoice*> ChoicesOf(const ConvertOptions& options) {
  const std::vector<std::string> names =
      !options.precisions.empty() ? options.precisions
      : options.mode == Mode::kWeightsOnly
          ? std::vector<std::string>{"int4-float", "int8-float", "float16", "float32"}
          : std::vector<std::string>{"int4", "int8", "int16", "float16", "float32"};
  std::vector<const PrecisionChoice*> choices;
  for (const PrecisionChoice& choice : PrecisionChoices()) {
    if (std::ranges::find(names, choice.name) != names.end()) choices.push_back(&choice);
  }
  return choices;
}

void RequireFitting(const ConvertOptions& options,
                    const std::vector<const PrecisionChoice*>& choices) {
  for (const PrecisionChoice* choice : choices) {
    if (!choice->integer || options.mode == Mode::kInteger) continue;
    Fail(ErrorKind::kUsage,
         fmt::format("--weights-only computes in float, and '{}' of --precisions does not; drop "
                     "one of them",
                     choice->name));
  }
}

/// Returns what the answers of a search depend on.
///   rounding  that the user gives; empty: each choice has its own
///   hash      of the samples that calibrate
std::vector<std::string> RunText(const ConvertOptions& settled, const std::string& rounding,
                                 size_t samples, const std::string& hash,
                                 const std::vector<const PrecisionChoice*>& choices) {
  const auto number = [](auto value) { return static_cast<int>(value); };
  std::vector<std::string_view> names;
  for (const PrecisionChoice* choice : choices) names.push_back(choice->name);
  const GateLimits limits = LimitsOf(settled);
  std::vector<std::string> targets;
  for (const GateKind& kind : GateKinds()) {
    if (limits.*kind.limit)
      targets.push_back(fmt::format("{} {}", kind.name, *(limits.*kind.limit)));
  }
  return {fmt::format("version {}", QCONVERT_VERSION),
          fmt::format("model {:016x}", ModelHash(settled.model)),
          fmt::format("shapes {} inputs {} outputs {}", settled.shapes, settled.inputs,
                      settled.outputs),
          fmt::format("samples {} calibrating {} labels '{}'", samples, hash, settled.labels),
          fmt::format("instructions {}", InstructionsName()),
          fmt::format("targets {}", fmt::join(targets, ", ")),
          fmt::format("precisions {}", fmt::join(names, ", ")),
          fmt::format("--minimize {}", *settled.minimize),
          fmt::format("mode {} granularity {} scheme {} io {} layout {} exclude '{}'",
                      number(settled.mode), number(*settled.granularity), number(*settled.scheme),
                      number(settled.io), number(settled.layout), settled.exclude),
          fmt::format("strict {} split-outputs {}", settled.strict, settled.split_outputs),
          fmt::format("calibration {} decay {} percentile {} effort {} biases {} scales {}",
                      *settled.calibration, *settled.decay, *settled.percentile, *settled.effort,
                      number(*settled.bias_correction), *settled.weight_scale),
          fmt::format("rounding '{}' sparsity {} memory {} accumulators {} equalize {}", rounding,
                      *settled.sparsity, *settled.memory_mib, *settled.accumulator_bits,
                      settled.equalize)};
}

/// One search.
class Run {
 public:
  Run(FloatNetwork& network, const CalibrationSamples& samples, const ConvertOptions& given,
      ThreadPool& threads)
      : network_(network),
        samples_(samples),
        given_(given),
        settled_(Validated(given)),
        threads_(threads),
        hash_(HashOf(samples)),
        choices_(ChoicesOf(settled_)) {
    RequireFitting(settled_, choices_);
  }

  FoundPrecision Search(const std::function<void(const FoundPrecision&)>& interrupted) {
    SearchState state = BeginState();
    Observe();
    FindGroups();
    RequireSize(settled_.state, state, groups_.size(), choices_.size());
    MeasuredSearch problem({network_, *observed_, samples_, given_, groups_, choices_},
                           std::move(state), static_cast<size_t>(*settled_.budget), threads_);
    try {
      FindSearchStrategy(*settled_.strategy)->search(problem, *settled_.seed);
    } catch (const Error& error) {
      const bool found = error.kind() == ErrorKind::kInterrupted && problem.best() != nullptr;
      if (found) interrupted(Found(problem));
      throw;
    }
    RequireBest(problem);
    return Found(problem);
  }

 private:
  SearchState BeginState() const {
    SearchState state;
    state.run =
        RunText(settled_, given_.rounding.value_or(""), samples_.set->size(), hash_, choices_);
    return settled_.resume ? ReadSearchState(settled_.state, state.run) : state;
  }

  /// Observes the network, and settles on the range method that the file without rows has.
  void Observe() {
    ConvertOptions quiet = settled_;
    quiet.quiet = true;
    observed_ = ObserveNetwork(network_, samples_, settled_, threads_);
    MakeFile(network_, *observed_, samples_, quiet, threads_);
    if (settled_.mode != Mode::kInteger) return;
    given_.calibration = observed_->calibration.summary.method;
    settled_ = Validated(given_);
    observed_->calibration =
        CalibrateBy(RangeMethodNamed(*settled_.calibration), NetworkForRanges(settled_, network_),
                    *observed_, samples_, settled_);
  }

  void FindGroups() {
    const Graph& graph = network_.graph();
    const ActivationRanges& ranges = observed_->calibration.ranges;
    const PrecisionPlan precision = PrecisionPlanOf(graph, *observed_, settled_);
    const Recipe recipe = RecipeOf(graph, *observed_, samples_, settled_, threads_);
    groups_ = FindLayerGroups(graph, precision, Plan(graph, ranges, precision, recipe.options));
    if (groups_.empty()) {
      Fail(ErrorKind::kUnsupported, "no node can be quantized, so there is nothing to choose");
    }
  }

  void RequireBest(const MeasuredSearch& problem) const {
    if (problem.best() != nullptr) return;
    double least = std::numeric_limits<double>::infinity();
    for (const SearchPoint& point : problem.points()) least = std::min(least, point.noise);
    Fail(ErrorKind::kGateFailed,
         fmt::format("none of {} files meets the targets on the samples that decide, the nearest "
                     "has {:.1f} dB\nnext: lower the targets, or add more precise choices to "
                     "--precisions",
                     problem.asked(), -10 * std::log10(least)));
  }

  SearchPointSummary SummaryOf(const MeasuredSearch& problem, const SearchPoint& point) const {
    SearchPointSummary summary;
    const bool latency = *settled_.minimize == "latency";
    summary.bytes = latency ? 0 : static_cast<size_t>(point.cost);
    summary.microseconds = problem.microseconds(point.assignment);
    summary.sqnr_db = -10 * std::log10(point.noise);
    summary.meets = point.meets;
    for (const uint16_t choice : point.assignment) {
      ++summary.layers[std::string(choices_[choice]->name)];
    }
    return summary;
  }

  /// Returns the points that none beats in cost and noise, the cheapest first.
  std::vector<SearchPointSummary> ParetoOf(const MeasuredSearch& problem) const {
    std::vector<SearchPoint> points = problem.points();
    std::ranges::stable_sort(points, [](const SearchPoint& a, const SearchPoint& b) {
      return std::pair(a.cost, a.noise) < std::pair(b.cost, b.noise);
    });
    std::vector<SearchPointSummary> pareto;
    double least = std::numeric_limits<double>::infinity();
    for (const SearchPoint& point : points) {
      if (point.noise >= least) continue;
      least = point.noise;
      pareto.push_back(SummaryOf(problem, point));
    }
    return pareto;
  }

  FoundPrecision Found(const MeasuredSearch& problem) const {
    const SearchPoint& best = *problem.best();
    FoundPrecision found;
    found.rows = problem.OptionsOf(best.assignment).rows;
    found.calibration = given_.calibration.value_or("");
    found.hash = hash_;
    found.summary.strategy = *settled_.strategy;
    found.summary.minimized = *settled_.minimize;
    found.summary.groups = groups_.size();
    found.summary.files = problem.asked();
    found.summary.calibrating = samples_.calibrating();
    found.summary.deciding = samples_.held_out;
    found.summary.pareto = ParetoOf(problem);
    found.summary.best = SummaryOf(problem, best);
    found.bytes = problem.best_bytes();
    return found;
  }

  FloatNetwork& network_;
  const CalibrationSamples& samples_;
  ConvertOptions given_;  // with the range method, once that is settled
  ConvertOptions settled_;
  ThreadPool& threads_;
  const std::string hash_;  // of the samples that calibrate
  const std::vector<const PrecisionChoice*> choices_;
  std::optional<NetworkObservation> observed_;
  std::vector<LayerGroup> groups_;
};

}  // namespace

FoundPrecision SearchPrecision(FloatNetwork& network, const CalibrationSamples& samples,
                               const ConvertOptions& given, ThreadPool& threads,
                               const std::function<void(const FoundPrecision&)>& interrupted) {
  return Run(network, samples, given, threads).Search(interrupted);
}

}  // namespace qconvert
