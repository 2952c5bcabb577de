// What a profile says: each step beside its roof, and the network beside the sum of them. Comes
// after evaluation/timing.cc and evaluation/roofline.cc, which measure.
#pragma once

#include <vector>

#include "lib/convert/graph_summary.h"
#include "lib/evaluation/roofline.h"
#include "lib/evaluation/timing.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Adds the machine, the steps and the network's shares to a summary.
///   steps    of `graph`, in its order
///   peaks    of the machine on `peak_threads` threads, which a step may take
///   names    the float network whose nodes' names the steps get; null: their own
///   summary  has the median, the threads and the batch of a run already
void SummarizeProfile(const Graph& graph, const std::vector<StepTime>& steps,
                      const MachinePeaks& peaks, int peak_threads, const NodeNames* names,
                      BenchmarkSummary& summary);

}  // namespace qconvert
