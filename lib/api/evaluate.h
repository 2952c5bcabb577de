// The comparison of two models on samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/data_options.h"
#include "lib/api/figures.h"
#include "lib/base/error.h"
#include "lib/evaluation/gate_result.h"

#pragma GCC visibility push(default)

namespace qconvert {

/// What qeval does.
struct EvaluateOptions {
  std::string reference, candidate;
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Tensors of an ONNX model at which the network begins and ends; empty: its own.
  std::vector<std::string> inputs = {}, outputs = {};
  DataOptions data;
  std::string labels;
  std::vector<std::string> reports;  ///< what the caller will write: no input may be overwritten
  enum class Layout { kUnsaid, kNchw, kNhwc };
  Layout candidate_layout = Layout::kUnsaid;
  bool reference_kernels = false;
  bool layers = false;      ///< compare the tensors inside, too
  bool diagnose = false;    ///< with layers: look for those that do the damage, and for a cure
  bool thumbnails = false;  ///< of the samples that changed their answer, where they were pictures
  int threads = 0;
  bool quiet = false;
  GateLimits gates;              ///< beat those of the file
  std::string gates_file;        ///< JSON: {"max-drop": 1, ...}; empty: none
  bool allow_undecided = false;  ///< of the exit code: it is 0 and not 6
  std::string dump_outputs;      ///< folder for the outputs on every sample; empty: none
  std::string metric_command;    ///< measures the dumped outputs; empty: none
};

/// A figure of both networks that a command measured.
struct MetricSummary {
  double reference = 0, candidate = 0;
};

/// The median times of an inference on one thread.
struct LatencySummary {
  double reference_ms = 0, candidate_ms = 0;
};

/// A sample whose top-1 differs.
struct ChangedSample {
  std::string sample;
  size_t reference = 0, candidate = 0;  ///< classes
  std::optional<int> label = {};        ///< the true class, where that is known
  std::string thumbnail = {};           ///< a PNG file; empty: none was asked for, or it has none
};

/// Why a comparison ended without a verdict.
struct RunError {
  int exit_code = 0;
  std::string message;
};

/// What a search for the layers that do the damage found.
struct DoctorSummary {
  std::string why_not;                         ///< why no layer could be tried; empty: some were
  size_t samples = 0, layers = 0, trials = 0;  ///< on which, that, and networks that were tried
  std::optional<DamageSummary> damage;         ///< on those samples; unset: no layer alone gains
  std::optional<CureSummary> next;  ///< compared on all samples; unset: no few layers are worth it
};

/// What qeval found.
struct EvaluateSummary {
  std::string reference, candidate, data;
  size_t reference_bytes = 0, candidate_bytes = 0;  ///< with the weights, wherever they lie
  size_t samples = 0;
  std::vector<std::string> warnings;  ///< why the two may not belong together, one sentence each
  std::string pictures;               ///< how they become values; empty: no samples are pictures
  std::string labels;  ///< how folders became classes; empty: no labels, or a file says them
  std::optional<double> agreement_percent;  ///< unset: the first output is no vector of scores
  std::optional<AccuracySummary> reference_accuracy, candidate_accuracy;
  std::vector<OutputSummary> outputs;
  std::vector<LayerSummary> layers;
  std::optional<DoctorSummary> doctor;  ///< unset: it was not asked
  std::vector<GraphNodeSummary> graph;  ///< of the candidate, in an order in which it runs
  std::vector<ChangedSample> changed;
  std::optional<LatencySummary> latency;  ///< unset: no gate is about it
  std::optional<MetricSummary> metric;    ///< unset: no command measures one
  std::vector<GateResult> gates;
  bool degenerate = false;
  Verdict verdict = Verdict::kPass;  ///< of all gates together; kPass without any
  bool allow_undecided = false;
  std::optional<RunError> error;  ///< of a report on a run that ended early: nothing else is known
  double seconds = 0;

  /// Returns the error's code, else 0, 1 when a gate failed, or 6 when one is undecided and that is
  /// not allowed.
  int exit_code() const;
};

/// Requires that the reports could be written and overwrite no input, as Evaluate does first: after
/// that a caller may write them whatever happens.
void RequireReports(const EvaluateOptions& options);

/// Compares two models on samples. Writes nothing but dumped outputs; checks first that the reports
/// can be written and overwrite no input.
EvaluateSummary Evaluate(const EvaluateOptions& options);

}  // namespace qconvert

#pragma GCC visibility pop
