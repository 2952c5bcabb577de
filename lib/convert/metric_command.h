// Figures that we do not know how to measure, such as a mean average precision: a command of the
// user's measures them on dumped outputs (evaluation/dump_outputs.h). Gates judge the result.
#pragma once

#include <string>

#include "lib/evaluation/gate_kinds.h"
#include "lib/qconvert.h"

namespace qconvert {

/// What a command measured.
struct MeasuredMetric {
  MetricSummary summary;
  Figure candidate;
  Figure drop;  ///< reference - candidate, in pairs
};

/// Runs a shell command with the folder of a dump behind it. It prints a line with two numbers, the
/// figure of the reference and that of the candidate on all samples; then, if it can, such a line
/// for each row of draws.npy. Without these the figures have no interval.
///   samples  of the dump
///   Throws Error(kUnusable), naming the command, when it fails or prints anything else.
MeasuredMetric RunMetricCommand(const std::string& command, const std::string& folder,
                                size_t samples);

/// A folder for a dump that nobody asked to keep; it is removed at the end.
class ScratchDump {
 public:
  /// Throws Error(kIo) when there is no place for it.
  ScratchDump();
  ~ScratchDump();
  ScratchDump(const ScratchDump&) = delete;
  ScratchDump& operator=(const ScratchDump&) = delete;

  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace qconvert
