// The comparison of two models, from their files to the verdicts.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/mapped_file.h"
#include "lib/convert/doubts.h"
#include "lib/convert/evaluation_summary.h"
#include "lib/convert/find_labels.h"
#include "lib/convert/graph_summary.h"
#include "lib/convert/load_model.h"
#include "lib/convert/metric_command.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/settle_layouts.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/dump_outputs.h"
#include "lib/evaluation/gate.h"
#include "lib/evaluation/gates_file.h"
#include "lib/evaluation/guessing.h"
#include "lib/evaluation/latency_ratio.h"
#include "lib/evaluation/weight_comparison.h"
#include "lib/passes/split_outputs.h"
#include "lib/qconvert.h"
#include "lib/samples/picture_notes.h"

namespace qconvert {
namespace {

constexpr size_t kThumbnails = 50;
constexpr double kThumbnailPixels = 96;  // of the longer side

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

/// Returns the limits of the options and of the gates file, which can be judged by what there is.
GateLimits LimitsOf(const EvaluateOptions& options) {
  GateLimits limits = options.gates;
  if (!options.gates_file.empty()) limits = Joined(limits, ReadGatesFile(options.gates_file));
  RequireLimits(limits, !options.labels.empty(), !options.metric_command.empty());
  return limits;
}

/// Returns a picture as a small PNG file.
std::string Thumbnail(Picture picture) {
  const double longest = std::max(picture.height, picture.width);
  const auto small = [&](int side) {
    return std::max(
        1, static_cast<int>(std::lround(side * std::min(1.0, kThumbnailPixels / longest))));
  };
  const int height = small(picture.height), width = small(picture.width);
  const auto bytes = EncodePng(Resize(std::move(picture), height, width));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Two networks that can be compared.
struct Networks {
  Graph reference, candidate;
};

Networks LoadNetworks(const EvaluateOptions& options) {
  const ImportOptions import{options.shapes, options.inputs, options.outputs};
  Networks networks{LoadAny(options.reference, import), LoadAny(options.candidate, import)};
  if (networks.candidate.metadata.count("split_outputs") != 0) SplitOutputs(networks.reference);
  SettleLayouts(networks.reference, networks.candidate, options.candidate_layout);
  return networks;
}

/// A comparison in steps that need the same things.
class Evaluation {
 public:
  explicit Evaluation(const EvaluateOptions& options)
      : options_(options), limits_(LimitsOf(options)) {}

  EvaluateSummary Run() {
    const std::vector<std::string> paths = DataPaths(options_.data, options_.reference);
    if (paths.empty()) {
      MappedFile::Open(options_.reference);  // or says that it is missing
      Fail(ErrorKind::kUsage,
           "no --data, and no test_data_set_* beside '" + options_.reference + "'");
    }
    Networks networks = LoadNetworks(options_);
    RequireJudgeable(networks.reference);
    const Preprocessing preprocessing =
        ChoosePreprocessing(options_.data, networks.reference, networks.candidate);
    const auto samples =
        OpenSamples(paths, SampleInputs(networks.reference), preprocessing, options_.data.samples);
    pictures_ = DescribePictures(paths, preprocessing);
    if (!options_.labels.empty()) {
      labels_ = FindLabels(options_.labels, *samples, FirstOutput(networks.reference));
    }
    doubts_ = DoubtsAboutPreprocessing(options_.data, networks.candidate);
    AddOtherPictures(paths, doubts_);
    AddDoubts(DoubtsAboutOrder(networks.reference, networks.candidate));
    const size_t reference_bytes = ModelBytes(options_.reference, networks.reference),
                 candidate_bytes = ModelBytes(options_.candidate, networks.candidate);
    EvaluateSummary summary = CompareNetworks(std::move(networks), *samples);
    summary.reference = options_.reference;
    summary.candidate = options_.candidate;
    AddDoubts(DoubtsAboutWeights(comparison_));
    AddDoubts(DoubtsAboutSamples(comparison_));
    summary.warnings = doubts_;
    summary.reference_bytes = reference_bytes;
    summary.candidate_bytes = candidate_bytes;
    summary.data = paths.front();
    summary.pictures = pictures_;
    summary.labels = labels_.rule;
    summary.allow_undecided = options_.allow_undecided;
    Judge(summary);
    return summary;
  }

 private:
  void AddDoubts(const std::vector<std::string>& doubts) {
    doubts_.insert(doubts_.end(), doubts.begin(), doubts.end());
  }

  void RequireJudgeable(const Graph& reference) const {
    const Port output = FirstOutput(reference);
    RequireTop1(limits_, !options_.labels.empty(), OutputPorts(reference),
                HoldsWholeNumbers(reference.tensor(output.id)));
    RequireOutputs(limits_, reference);
  }

  EvaluateSummary CompareNetworks(Networks networks, const SampleSet& samples) {
    const auto graph = SummarizeGraph(NodeNamesOf(networks.reference), networks.candidate);
    std::map<std::string, WeightComparison> weights;
    if (options_.layers) weights = CompareWeights(networks.reference, networks.candidate);
    // Copies keep the constants that compiled graphs let go.
    const std::optional<Networks> whole =
        options_.diagnose ? std::optional(networks) : std::nullopt;
    const KernelSet kernels = options_.reference_kernels ? KernelSet::kReference : KernelSet::kFast;
    const RunnableModel reference(std::move(networks.reference), kernels);
    const RunnableModel candidate(std::move(networks.candidate), kernels);
    ThreadPool threads(options_.threads);
    const std::unique_ptr<OutputDump> dump = OpenDump(reference, samples);
    Progress progress("comparing", samples.size(), options_.quiet);
    CompareOptions compare{options_.layers, labels_.classes.empty() ? nullptr : &labels_.classes,
                           limits_.min_iou.has_value()};
    if (dump) compare.observe = [&](const SampleResult& sample) { dump->Add(sample); };
    comparison_ = Compare(
        reference, candidate, samples.size(), [&](size_t i) { return samples.Read(i); }, compare,
        threads, progress);
    RequireLabels();
    EvaluateSummary summary = SummarizeEvaluation(reference.compiled.graph(), comparison_);
    summary.graph = graph;
    AddWeights(weights, summary);
    AddChanged(samples, summary);
    if (dump) dump->Finish();
    MeasureLatency(reference, candidate, summary);
    if (!whole) return summary;
    const SampleReader read = [&](size_t i) { return samples.Read(i); };
    const DiagnosisQuestion question{
        whole->reference, whole->candidate, reference, candidate,     comparison_, kernels, read,
        samples.size(),   compare.labels,   limits_,   options_.quiet};
    AddDiagnosis(DiagnoseLayers(question, threads), comparison_, summary);
    return summary;
  }

  void AddChanged(const SampleSet& samples, EvaluateSummary& summary) const {
    for (const ChangedAnswer& one : comparison_.changed) {
      summary.changed.push_back({samples.name(one.sample), one.reference, one.candidate});
      ChangedSample& changed = summary.changed.back();
      if (!labels_.classes.empty()) changed.label = labels_.classes[one.sample];
      if (!options_.thumbnails || summary.changed.size() > kThumbnails) continue;
      if (auto picture = samples.Look(one.sample))
        changed.thumbnail = Thumbnail(std::move(*picture));
    }
  }

  /// Begins a dump where one is asked for or a command needs it.
  std::unique_ptr<OutputDump> OpenDump(const RunnableModel& reference, const SampleSet& samples) {
    dump_folder_ = options_.dump_outputs;
    if (dump_folder_.empty() && options_.metric_command.empty()) return nullptr;
    if (dump_folder_.empty()) dump_folder_ = scratch_.emplace().folder();
    std::vector<std::string> names;
    for (size_t i = 0; i < samples.size(); ++i) names.push_back(samples.name(i));
    return std::make_unique<OutputDump>(dump_folder_, reference.outputs, names);
  }

  void RequireLabels() const {
    if (labels_.classes.empty()) return;
    try {
      RequireFittingLabels(comparison_, labels_.classes);
    } catch (const Error& error) {
      throw error.WithContext("labels '" + options_.labels + "'");
    }
  }

  void MeasureLatency(const RunnableModel& reference, const RunnableModel& candidate,
                      EvaluateSummary& summary) {
    if (!limits_.max_latency_ratio) return;
    const LatencyRatio measured = MeasureLatencyRatio(reference, candidate);
    summary.latency = LatencySummary{measured.reference_ms, measured.candidate_ms};
    latency_ratio_ = measured.ratio;
  }

  void Judge(EvaluateSummary& summary) const {
    GateEvidence evidence{comparison_, latency_ratio_};
    const double ratio =
        static_cast<double>(summary.candidate_bytes) / static_cast<double>(summary.reference_bytes);
    evidence.size_ratio = Figure{ratio, {ratio, ratio}};
    if (!options_.metric_command.empty()) {
      const MeasuredMetric measured =
          RunMetricCommand(options_.metric_command, dump_folder_, comparison_.samples);
      summary.metric = measured.summary;
      evidence.metric = measured.candidate;
      evidence.metric_drop = measured.drop;
    }
    summary.gates = qconvert::Judge(evidence, limits_);
    summary.verdict = Together(summary.gates);
  }

  const EvaluateOptions& options_;
  const GateLimits limits_;
  Labels labels_;
  std::vector<std::string> doubts_;
  std::string pictures_;
  Comparison comparison_;
  std::optional<Figure> latency_ratio_;
  std::optional<ScratchDump> scratch_;
  std::string dump_folder_;
};

}  // namespace

void RequireReports(const EvaluateOptions& options) {
  Validate(options);
  ProtectInputs(options);
  RequireReportable(options.reports);
}

EvaluateSummary Evaluate(const EvaluateOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  RequireReports(options);
  EvaluateSummary summary = Evaluation(options).Run();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace qconvert
