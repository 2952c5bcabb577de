#include "lib/evaluation/latency_ratio.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "lib/evaluation/timing.h"

namespace qconvert {
namespace {

constexpr size_t kRounds = 20;
constexpr double kRoundMs = 20;  // shorter ones measure the timer
constexpr double kMostRuns = 50;

double MedianMs(const RunnableModel& model, int runs, ThreadPool& thread) {
  return Percentile(TimeRuns(model.compiled, {.runs = runs}, thread).run_ms, 0.5);
}

/// Returns how many runs fill a round.
int RunsOf(const RunnableModel& model, ThreadPool& thread) {
  const double run_ms = std::max(MedianMs(model, 1, thread), 1e-3);
  return static_cast<int>(std::clamp(kRoundMs / run_ms, 1.0, kMostRuns));
}

/// Returns the median of ascending values, each taken so many times.
double Median(const std::vector<double>& ascending, std::span<const uint32_t> times) {
  const size_t all = std::accumulate(times.begin(), times.end(), size_t{0});
  size_t seen = 0;
  for (size_t i = 0; i < ascending.size(); ++i) {
    seen += times[i];
    if (2 * seen >= all) return ascending[i];
  }
  return ascending.back();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return Percentile(values, 0.5);
}

}  // namespace

LatencyRatio MeasureLatencyRatio(const RunnableModel& reference, const RunnableModel& candidate) {
  ThreadPool thread(1);
  const int reference_runs = RunsOf(reference, thread), candidate_runs = RunsOf(candidate, thread);
  std::vector<double> reference_ms, candidate_ms, ratios;
  for (size_t round = 0; round < kRounds; ++round) {
    reference_ms.push_back(MedianMs(reference, reference_runs, thread));
    candidate_ms.push_back(MedianMs(candidate, candidate_runs, thread));
    ratios.push_back(candidate_ms.back() / reference_ms.back());
  }
  std::sort(ratios.begin(), ratios.end());
  const DrawnFigure median = [&](std::span<const uint32_t> times) { return Median(ratios, times); };
  return {Median(reference_ms),
          Median(candidate_ms),
          {Median(ratios), BootstrapIntervals(kRounds, {median}).front()}};
}

}  // namespace qconvert
