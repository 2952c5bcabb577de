// Times a compiled network: whole runs, and step by step. Comes after runner/; benchmark.cc of the
// public API writes it down.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/runner/compiled_graph.h"

namespace qconvert {

/// What is timed. One run is `batch` inferences: one alone is split over the threads, several are
/// distributed over them.
struct TimingOptions {
  int batch = 1;
  int runs = 50;
  bool steps = false;  ///< time every step too
};

/// The times of one node of the graph.
struct StepTime {
  const Node* node = nullptr;
  std::string primitive;  ///< what executes it; empty: nothing to do
  double median_us = 0;   ///< of one inference on the calling thread and its helpers
  int64_t multiply_adds = 0;
  int64_t moved_bytes = 0;  ///< operands, constants and results, once each; 0: nothing to do
};

struct Timing {
  double warm_up_ms = 0;
  std::vector<double> run_ms;   ///< ascending
  std::vector<StepTime> steps;  ///< of a single inference, in the graph's order
};

/// Runs `compiled` on made-up inputs (uniform, seeded): once to warm up, then `runs` times.
///   Throws Error(kInterrupted).
Timing TimeRuns(const CompiledGraph& compiled, const TimingOptions& options, ThreadPool& threads);

/// Returns the value below which a share of ascending values lies (nearest rank).
double Percentile(const std::vector<double>& ascending, double share);

}  // namespace qconvert
