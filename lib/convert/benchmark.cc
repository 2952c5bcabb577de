#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/resident_memory.h"
#include "lib/convert/graph_summary.h"
#include "lib/convert/load_model.h"
#include "lib/convert/profile_summary.h"
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

/// Measures the machine on as many threads as a step has: one, where a batch is distributed.
///   names  as SummarizeProfile takes them
void AddProfile(const CompiledGraph& compiled, const Timing& timing, const NodeNames* names,
                ThreadPool& threads, BenchmarkSummary& summary) {
  ThreadPool one(1);
  ThreadPool& of_step = summary.batch == 1 ? threads : one;
  SummarizeProfile(compiled.graph(), timing.steps, MeasurePeaks(of_step), of_step.threads(), names,
                   summary);
}

/// Loads the network whose names the steps get; nothing when none is given.
std::optional<NodeNames> LoadNames(const BenchmarkOptions& options, const Graph& graph) {
  if (options.names.empty()) return std::nullopt;
  NodeNames names =
      NodeNamesOf(LoadAny(options.names, {options.shapes, options.inputs, options.outputs}));
  const bool any = std::any_of(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) {
    return names.count(graph.tensor(node.output()).name) != 0;
  });
  if (!any) {
    Fail(ErrorKind::kUnusable,
         fmt::format("'{}' computes no tensor of '{}': it names none of its steps", options.names,
                     options.model));
  }
  return names;
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
  const std::optional<NodeNames> names = LoadNames(options, graph);
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
  summary.peak_rss_bytes = PeakResidentBytes();
  if (options.profile) AddProfile(compiled, timing, names ? &*names : nullptr, threads, summary);
  return summary;
}

}  // namespace qconvert
