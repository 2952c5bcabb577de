#include "lib/convert/profile_summary.h"

#include <limits>
#include <string>

#include "lib/convert/graph_summary.h"
#include "lib/graph/graph.h"

namespace qconvert {
namespace {

/// Returns operations per nanosecond, that is 1e9 per second.
double Gops(int64_t multiply_adds, double us) {
  return us > 0 ? 2.0 * static_cast<double>(multiply_adds) / (us * 1e3) : 0;
}

Work WorkOf(const Graph& graph, const StepTime& step) {
  return {IsInteger(graph, *step.node), step.multiply_adds, step.moved_bytes};
}

PeakSummary Summarize(const MachinePeaks& peaks, int threads) {
  PeakSummary summary{threads,
                      peaks.int8_instruction,
                      peaks.int8_gops,
                      peaks.float32_gops,
                      peaks.levels.back().gigabytes_per_s,
                      {}};
  for (const MemoryLevel& level : peaks.levels) {
    const bool bounded = level.bytes != std::numeric_limits<size_t>::max();
    summary.levels.push_back(
        {level.name, bounded ? std::optional(level.bytes) : std::nullopt, level.gigabytes_per_s});
  }
  return summary;
}

StepSummary Summarize(const Graph& graph, const StepTime& step, double total_us,
                      const MachinePeaks& peaks, const NodeNames* names) {
  const Work work = WorkOf(graph, step);
  const Roof roof = RoofOf(peaks, work);
  StepSummary summary{names == nullptr ? step.node->name : NameInNetwork(*names, *step.node, graph),
                      std::string(step.node->kind()),
                      ToText(graph.tensor(step.node->output()).shape), step.primitive,
                      step.median_us};
  summary.percent_of_time = 100 * step.median_us / total_us;
  summary.gops = Gops(step.multiply_adds, step.median_us);
  if (step.moved_bytes > 0) {
    summary.operations_per_byte =
        2.0 * static_cast<double>(step.multiply_adds) / static_cast<double>(step.moved_bytes);
  }
  if (step.median_us > 0) {
    summary.percent_of_peak = 100 * ProductsMicroseconds(peaks, work) / step.median_us;
    summary.percent_of_roof = 100 * roof.us / step.median_us;
  }
  summary.roof_us = roof.us;
  summary.bound = roof.bound;
  summary.tensor = graph.tensor(step.node->output()).name;
  return summary;
}

}  // namespace

void SummarizeProfile(const Graph& graph, const std::vector<StepTime>& steps,
                      const MachinePeaks& peaks, int peak_threads, const NodeNames* names,
                      BenchmarkSummary& summary) {
  double total_us = 0, products_us = 0, roof_us = 0;
  int64_t multiply_adds = 0;
  for (const StepTime& step : steps) {
    const Work work = WorkOf(graph, step);
    total_us += step.median_us;
    products_us += ProductsMicroseconds(peaks, work);
    roof_us += RoofOf(peaks, work).us;
    multiply_adds += step.multiply_adds;
  }
  summary.peaks = Summarize(peaks, peak_threads);
  for (const StepTime& step : steps) {
    summary.steps.push_back(Summarize(graph, step, total_us, peaks, names));
  }
  const double run_us = summary.median_ms * 1e3 / summary.batch;
  const double spent_us = run_us * summary.threads / peak_threads;
  summary.gops = Gops(multiply_adds, run_us);
  summary.percent_of_peak = 100 * products_us / spent_us;
  summary.percent_of_roof = 100 * roof_us / total_us;
}

}  // namespace qconvert
