#include <algorithm>
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "lib/convert/find_labels.h"
#include "lib/convert/load_model.h"
#include "lib/convert/output_summary.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/compare.h"
#include "lib/evaluation/gate.h"
#include "lib/evaluation/guessing.h"
#include "lib/evaluation/pairing.h"
#include "lib/passes/split_outputs.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

/// Says of a candidate's port that it is NHWC where its shape shows that: [N,H,W,C] against the
/// reference's [N,C,H,W].
void SettleLayout(Graph& graph, TensorId id, const std::string& name, const Shape& wanted,
                  EvaluateOptions::Layout said) {
  using Said = EvaluateOptions::Layout;
  const Shape& shape = graph.tensor(id).shape;
  if (NotedLayout(graph, name) || shape.size() != 4 || wanted.size() != 4) return;
  const bool as_nchw = shape == wanted, as_nhwc = NchwShape(shape) == wanted;
  if (as_nchw && as_nhwc && said == Said::kUnsaid && shape[1] != 1) {
    Fail(ErrorKind::kUsage, fmt::format("'{}' of shape {} could be NCHW or NHWC; say "
                                        "--candidate-layout nchw or nhwc",
                                        name, ToText(shape)));
  }
  const bool nhwc = as_nhwc && (!as_nchw || said == Said::kNhwc);
  NoteLayout(graph, name, nhwc ? Layout::kNhwc : Layout::kKeep);
}

void SettleLayouts(const Graph& reference, Graph& candidate, EvaluateOptions::Layout said) {
  const auto settle = [&](const std::vector<Port>& wanted, const std::vector<Port>& ports) {
    for (size_t i = 0; i < ports.size(); ++i) {
      const size_t partner = FindPartner(wanted, ports[i].name, i);
      if (partner >= wanted.size()) continue;
      SettleLayout(candidate, ports[i].id, ports[i].name, wanted[partner].shape, said);
    }
  };
  settle(InputPorts(reference), InputPorts(candidate));
  settle(OutputPorts(reference), OutputPorts(candidate));
}

/// Returns the flags' preprocessing, else the one that a file remembers.
Preprocessing ChoosePreprocessing(const DataOptions& data, const Graph& reference,
                                  const Graph& candidate) {
  if (data.preprocessing) return PreprocessingOf(data);
  for (const Graph* graph : {&candidate, &reference}) {
    const auto remembered = graph->metadata.find("preprocessing");
    if (remembered != graph->metadata.end()) return PreprocessingFromText(remembered->second);
  }
  return PreprocessingOf(data);
}

Port FirstOutput(const Graph& graph) {
  const std::vector<Port> outputs = OutputPorts(graph);
  if (outputs.empty()) Fail(ErrorKind::kUsage, "the reference has no outputs to compare");
  return outputs.front();
}

GateLimits LimitsOf(const EvaluateOptions& options) {
  return {options.max_drop, options.min_top1, options.min_agreement, options.min_sqnr,
          options.min_correlation};
}

AccuracySummary Summarize(const Accuracy& accuracy, size_t samples) {
  return {Percent(accuracy.top1, samples), Percent(accuracy.top5, samples)};
}

EvaluateSummary Summarize(const Comparison& comparison) {
  EvaluateSummary summary;
  summary.samples = comparison.samples;
  if (comparison.agreement) {
    summary.agreement_percent = Percent(*comparison.agreement, comparison.samples);
  }
  if (comparison.reference) {
    summary.reference_accuracy = Summarize(*comparison.reference, comparison.samples);
    summary.candidate_accuracy = Summarize(*comparison.candidate, comparison.samples);
  }
  for (const OutputComparison& output : comparison.outputs) {
    summary.outputs.push_back(SummaryOf(output));
  }
  for (const LayerComparison& layer : comparison.layers) {
    summary.layers.push_back({layer.node, layer.kind, layer.errors.sqnr_db()});
  }
  summary.degenerate = comparison.degenerate();
  return summary;
}

/// Judges a comparison after it is known to mean something.
std::vector<GateResult> JudgeGates(const Comparison& comparison, const EvaluateOptions& options,
                                   const Labels& labels) {
  if (!labels.classes.empty()) {
    try {
      RequireFittingLabels(comparison, labels.classes);
    } catch (const Error& error) {
      throw error.WithContext("labels '" + options.labels + "'");
    }
  }
  std::vector<GateResult> results;
  for (const GateVerdict& verdict : Judge(comparison, LimitsOf(options))) {
    results.push_back({verdict.name, verdict.limit, verdict.value, verdict.passed});
  }
  return results;
}

}  // namespace

EvaluateSummary Evaluate(const EvaluateOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Validate(options);
  RequireLimits(LimitsOf(options), !options.labels.empty());
  ProtectInputs(options);
  RequireReportable(options.reports);
  const std::vector<std::string> paths = DataPaths(options.data, options.reference);
  if (paths.empty()) {
    Fail(ErrorKind::kUsage, "no --data, and no test_data_set_* beside '" + options.reference + "'");
  }
  const ImportOptions import{options.shapes, options.inputs, options.outputs};
  Graph reference = LoadAny(options.reference, import);
  Graph candidate = LoadAny(options.candidate, import);
  if (candidate.metadata.count("split_outputs") != 0) SplitOutputs(reference);
  SettleLayouts(reference, candidate, options.candidate_layout);
  const Port output = FirstOutput(reference);
  RequireTop1(LimitsOf(options), !options.labels.empty(), output,
              HoldsWholeNumbers(reference.tensor(output.id)));
  RequireReals(LimitsOf(options), reference);
  const auto samples =
      OpenSamples(paths, SampleInputs(reference),
                  ChoosePreprocessing(options.data, reference, candidate), options.data.samples);
  const Labels labels =
      options.labels.empty() ? Labels{} : FindLabels(options.labels, *samples, output);
  const CompareOptions compare{options.layers, options.labels.empty() ? nullptr : &labels.classes};
  const KernelSet kernels = options.reference_kernels ? KernelSet::kReference : KernelSet::kFast;
  const RunnableModel reference_model(std::move(reference), kernels);
  const RunnableModel candidate_model(std::move(candidate), kernels);
  ThreadPool threads(options.threads);
  Progress progress("comparing", samples->size(), options.quiet);
  const Comparison comparison = Compare(
      reference_model, candidate_model, samples->size(), [&](size_t i) { return samples->Read(i); },
      compare, threads, progress);
  EvaluateSummary summary = Summarize(comparison);
  summary.gates = JudgeGates(comparison, options, labels);
  summary.passed = std::all_of(summary.gates.begin(), summary.gates.end(),
                               [](const GateResult& gate) { return gate.passed; });
  summary.reference = options.reference;
  summary.candidate = options.candidate;
  summary.data = paths.front();
  summary.labels = labels.rule;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace qconvert
