#include <sys/resource.h>

#include <chrono>
#include <utility>

#include "lib/convert/load_model.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/roofline.h"
#include "lib/evaluation/timing.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

size_t PeakRssBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

/// Returns operations per nanosecond, that is 1e9 per second.
double Gops(int64_t multiply_adds, double us) {
  return us > 0 ? 2.0 * static_cast<double>(multiply_adds) / (us * 1e3) : 0;
}

StepSummary Summarize(const Graph& graph, const StepTime& step, double total_us,
                      const PeakSummary& peaks) {
  StepSummary summary{step.node->name, std::string(step.node->kind()),
                      ToText(graph.tensor(step.node->output()).shape), step.primitive,
                      step.median_us};
  summary.percent_of_time = 100 * step.median_us / total_us;
  summary.gops = Gops(step.multiply_adds, step.median_us);
  if (step.moved_bytes > 0) {
    summary.operations_per_byte =
        2.0 * static_cast<double>(step.multiply_adds) / static_cast<double>(step.moved_bytes);
  }
  const double peak = IsInteger(graph, *step.node) ? peaks.int8_gops : peaks.float32_gops;
  summary.percent_of_peak = 100 * summary.gops / peak;
  return summary;
}

void AddProfile(const Graph& graph, const Timing& timing, BenchmarkSummary& summary) {
  double total_us = 0, ideal_us = 0;
  int64_t multiply_adds = 0;
  for (const StepTime& step : timing.steps) {
    const double peak =
        IsInteger(graph, *step.node) ? summary.peaks->int8_gops : summary.peaks->float32_gops;
    total_us += step.median_us;
    ideal_us += 2.0 * static_cast<double>(step.multiply_adds) / (peak * 1e3);
    multiply_adds += step.multiply_adds;
  }
  for (const StepTime& step : timing.steps) {
    summary.steps.push_back(Summarize(graph, step, total_us, *summary.peaks));
  }
  const double run_us = summary.median_ms * 1e3 / summary.batch;
  summary.gops = Gops(multiply_adds, run_us);
  summary.percent_of_peak = 100 * ideal_us / run_us;
}

}  // namespace

BenchmarkSummary Benchmark(const BenchmarkOptions& options) {
  Validate(options);
  ProtectInputs(options);
  RequireReportable(options.reports);
  BenchmarkSummary summary;
  summary.model = options.model;
  ThreadPool threads(options.threads);
  summary.threads = threads.threads();
  summary.batch = options.batch;
  summary.runs = options.runs;

  Clock::time_point start = Clock::now();
  Graph graph = LoadAny(options.model, {options.shapes, options.inputs, options.outputs});
  summary.read_ms = MillisecondsSince(start);
  start = Clock::now();
  const KernelSet kernels = options.reference_kernels ? KernelSet::kReference : KernelSet::kFast;
  const CompiledGraph compiled(std::move(graph),
                               {kernels, options.batch == 1 ? summary.threads : 1});
  summary.prepare_ms = MillisecondsSince(start);

  const Timing timing = TimeRuns(
      compiled, {.batch = options.batch, .runs = options.runs, .steps = options.profile}, threads);
  summary.warm_up_ms = timing.warm_up_ms;
  summary.min_ms = timing.run_ms.front();
  summary.median_ms = Percentile(timing.run_ms, 0.5);
  summary.p90_ms = Percentile(timing.run_ms, 0.9);
  summary.samples_per_s = 1e3 * options.batch / summary.median_ms;
  summary.peak_rss_bytes = PeakRssBytes();
  if (options.profile) {
    const MachinePeaks peaks = MeasurePeaks(threads);
    summary.peaks = PeakSummary{peaks.int8_gops, peaks.float32_gops, peaks.gigabytes_per_s};
    AddProfile(compiled.graph(), timing, summary);
  }
  return summary;
}

}  // namespace qconvert
