#include <algorithm>
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "lib/convert/load_model.h"
#include "lib/convert/protect_inputs.h"
#include "lib/evaluation/compare.h"
#include "lib/evaluation/pairing.h"
#include "lib/qconvert.h"
#include "lib/samples/labels.h"

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
  if (data.preprocessing_given) return PreprocessingOf(data);
  for (const Graph* graph : {&candidate, &reference}) {
    const auto remembered = graph->metadata.find("preprocessing");
    if (remembered != graph->metadata.end()) return PreprocessingFromText(remembered->second);
  }
  return PreprocessingOf(data);
}

/// A list that counts from 1 shows by a class too many.
void RequireClasses(const std::vector<int>& labels, const std::string& path,
                    const SampleSet& samples, const RunnableModel& model) {
  const int64_t classes = model.outputs.empty() ? 0 : NumElements(model.outputs[0].shape);
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < classes) continue;
    Fail(ErrorKind::kUnusable,
         fmt::format("labels '{}': sample '{}' has class {}, the network's are 0 to {}", path,
                     samples.name(i), labels[i], classes - 1));
  }
}

double Percent(size_t part, size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

AccuracySummary Summarize(const Accuracy& accuracy, size_t samples) {
  return {Percent(accuracy.top1, samples), Percent(accuracy.top5, samples)};
}

EvaluateSummary Summarize(const Comparison& comparison) {
  EvaluateSummary summary;
  summary.samples = comparison.samples;
  summary.agreement_percent = Percent(comparison.agreement, comparison.samples);
  if (comparison.reference) {
    summary.reference_accuracy = Summarize(*comparison.reference, comparison.samples);
    summary.candidate_accuracy = Summarize(*comparison.candidate, comparison.samples);
  }
  for (const OutputComparison& output : comparison.outputs) {
    summary.outputs.push_back({output.name, output.errors.sqnr_db(), output.errors.largest_error(),
                               output.constant, output.saturated});
  }
  for (const LayerComparison& layer : comparison.layers) {
    summary.layers.push_back({layer.node, layer.kind, layer.errors.sqnr_db()});
  }
  summary.degenerate = comparison.degenerate();
  return summary;
}

double WorstSqnr(const EvaluateSummary& summary) {
  double worst = INFINITY;
  for (const OutputSummary& output : summary.outputs) worst = std::min(worst, output.sqnr_db);
  return worst;
}

void AddGate(EvaluateSummary& summary, std::string name, double value, double limit, bool at_most) {
  const bool passed = at_most ? value <= limit : value >= limit;
  summary.gates.push_back({std::move(name), limit, value, passed});
}

/// Judges the gates that were asked for; a degenerate output fails whenever there are any.
void Judge(const EvaluateOptions& options, EvaluateSummary& summary) {
  const auto& reference = summary.reference_accuracy;
  const auto& candidate = summary.candidate_accuracy;
  if (options.max_drop) {
    AddGate(summary, "top-1 drop (points)", reference->top1_percent - candidate->top1_percent,
            *options.max_drop, true);
  }
  if (options.min_top1) {
    AddGate(summary, "top-1 (%)", candidate->top1_percent, *options.min_top1, false);
  }
  if (options.min_agreement) {
    AddGate(summary, "agreement (%)", summary.agreement_percent, *options.min_agreement, false);
  }
  if (options.min_sqnr) AddGate(summary, "SQNR (dB)", WorstSqnr(summary), *options.min_sqnr, false);
  if (!summary.gates.empty()) {
    AddGate(summary, "degenerate outputs", summary.degenerate ? 1 : 0, 0, true);
  }
  summary.passed = std::all_of(summary.gates.begin(), summary.gates.end(),
                               [](const GateResult& gate) { return gate.passed; });
}

}  // namespace

EvaluateSummary Evaluate(const EvaluateOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  if (options.labels.empty() && (options.max_drop || options.min_top1)) {
    Fail(ErrorKind::kUsage, "--max-drop and --min-top1 need --labels");
  }
  ProtectInputs(options);
  RequireReportable(options.reports);
  const std::vector<std::string> paths = DataPaths(options.data, options.reference);
  if (paths.empty()) {
    Fail(ErrorKind::kUsage, "no --data, and no test_data_set_* beside '" + options.reference + "'");
  }
  Graph reference = LoadAny(options.reference, options.shapes);
  Graph candidate = LoadAny(options.candidate, options.shapes);
  SettleLayouts(reference, candidate, options.candidate_layout);
  const auto samples =
      OpenSamples(paths, SampleInputs(reference),
                  ChoosePreprocessing(options.data, reference, candidate), options.data.samples);
  std::vector<int> labels;
  CompareOptions compare{.layers = options.layers};
  if (!options.labels.empty()) {
    labels = ReadLabels(options.labels, *samples);
    compare.labels = &labels;
  }
  const KernelSet kernels = options.reference_kernels ? KernelSet::kReference : KernelSet::kFast;
  const RunnableModel reference_model(std::move(reference), kernels);
  const RunnableModel candidate_model(std::move(candidate), kernels);
  RequireClasses(labels, options.labels, *samples, reference_model);
  ThreadPool threads(options.threads);
  Progress progress("comparing", samples->size(), options.quiet);
  EvaluateSummary summary = Summarize(Compare(
      reference_model, candidate_model, samples->size(), [&](size_t i) { return samples->Read(i); },
      compare, threads, progress));
  summary.reference = options.reference;
  summary.candidate = options.candidate;
  summary.data = paths.front();
  Judge(options, summary);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace qconvert
