// How much faster a candidate runs than its reference, on this machine. Comes after timing.h; the
// gate on the latency ratio judges it.
#pragma once

#include "lib/evaluation/compare.h"
#include "lib/evaluation/gate_kinds.h"

namespace qconvert {

/// Times of both networks, measured in turns so that both meet the same load of the machine.
struct LatencyRatio {
  double reference_ms = 0, candidate_ms = 0;  ///< medians of an inference on one thread
  Figure ratio;  ///< candidate / reference: the median of the rounds, with its interval over them
};

/// Times both networks on made-up inputs, on one thread.
///   Throws Error(kInterrupted).
LatencyRatio MeasureLatencyRatio(const RunnableModel& reference, const RunnableModel& candidate);

}  // namespace qconvert
