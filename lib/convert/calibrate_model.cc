#include "lib/convert/calibrate_model.h"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/free_memory.h"
#include "lib/calibration/data_free.h"
#include "lib/calibration/moments.h"
#include "lib/calibration/synthetic_inputs.h"
#include "lib/calibration/totals.h"
#include "lib/convert/input_report.h"
#include "lib/kernels/instructions.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

constexpr size_t kSyntheticSamples = 16;

/// Returns what is observed.
std::vector<const StatisticKind*> KindsFor(const ConvertOptions& options) {
  std::vector<const StatisticKind*> kinds = KindsForRanges(RangeMethodNamed(options.calibration));
  kinds.push_back(&Totals::kKind);
  if (SearchesWeightScales(options)) kinds.push_back(&Moments::kKind);
  return kinds;
}

/// Returns the evidence with the ranges that the user's method chooses.
Calibration WithRanges(const Graph& graph, Evidence evidence, const ConvertOptions& options) {
  const RangeMethod& method = RangeMethodNamed(options.calibration);
  Ranges ranges = ChooseRanges(graph, evidence, method, {options.decay});
  return {std::move(evidence), std::move(ranges)};
}

std::string Describe(const DataSource& data, const ConvertOptions& options) {
  const std::string samples = fmt::format("{} samples of {}", data.samples->size(), data.name);
  if (options.mode == ConvertOptions::Mode::kWeightsOnly) return samples;
  return samples + ", " + RangeMethodNamed(options.calibration).describe({options.decay});
}

/// Returns what the user wants, as far as the processor has it.
FloatPrecision PrecisionOf(const ConvertOptions& options, ConvertSummary& summary) {
  summary.calibration_precision = "float32";
  if (!options.bfloat16_calibration) return FloatPrecision::kFloat32;
  if (!HasBFloat16()) {
    summary.warnings.push_back(
        "this processor has no instructions for bf16: the calibration computes in float32");
    return FloatPrecision::kFloat32;
  }
  summary.calibration_precision = "bf16";
  return FloatPrecision::kBFloat16;
}

Calibration CalibrateOnSamples(const CompiledGraph& compiled, const DataSource& data,
                               const ConvertOptions& options, ThreadPool& threads,
                               ConvertSummary& summary, const SampleObserver& observer) {
  const Graph& graph = compiled.graph();
  const std::vector<Port> ports = InputPorts(graph);
  Progress progress("calibrating", data.samples->size(), options.quiet);
  const FeedFunction feed = [&](size_t i, Session& session) {
    const auto values = data.samples->Read(i);
    for (size_t k = 0; k < ports.size(); ++k) {
      WriteInput(graph, ports[k], values[k], session.Input(k));
    }
  };
  Evidence evidence = Calibrate(compiled, {0, data.samples->size()}, feed, KindsFor(options),
                                threads, progress, observer);
  ReportInputs(graph, evidence, summary);
  summary.calibration_samples = data.samples->size();
  summary.calibration = Describe(data, options);
  return WithRanges(graph, std::move(evidence), options);
}

Calibration CalibrateWithoutData(const CompiledGraph& compiled, const ConvertOptions& options,
                                 ThreadPool& threads, ConvertSummary& summary) {
  const Graph& graph = compiled.graph();
  Progress progress("calibrating", kSyntheticSamples, options.quiet);
  const FeedFunction feed = [&](size_t i, Session& session) { FeedSynthetic(graph, i, session); };
  Evidence evidence;
  try {
    evidence =
        Calibrate(compiled, {0, kSyntheticSamples}, feed, KindsFor(options), threads, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnusable) throw;
    Fail(ErrorKind::kUnusable,
         std::string(error.what()) + ", which was made up; give real ones by --data");
  }
  Calibration result = WithRanges(graph, std::move(evidence), options);
  const bool promised = ApplyStatistics(graph, result.ranges);
  summary.calibration = promised ? "no data: accuracy unproven (ranges from batch norm statistics)"
                                 : "no data: accuracy unproven (seeded synthetic inputs)";
  return result;
}

}  // namespace

bool SearchesWeightScales(const ConvertOptions& options) {
  return options.search_weight_scales && options.per_channel && !options.asymmetric;
}

Calibration CalibrateModel(Graph graph, const DataSource& data, const ConvertOptions& options,
                           ThreadPool& threads, ConvertSummary& summary,
                           const SampleObserver& observer) {
  const RunnerOptions runner{.precision = PrecisionOf(options, summary)};
  const CompiledGraph compiled(std::move(graph), runner);
  TrimMemory();
  Calibration result = data.samples
                           ? CalibrateOnSamples(compiled, data, options, threads, summary, observer)
                           : CalibrateWithoutData(compiled, options, threads, summary);
  if (runner.precision == FloatPrecision::kBFloat16) summary.calibration += ", in bf16";
  return result;
}

}  // namespace qconvert
