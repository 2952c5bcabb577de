#include "lib/convert/conversion_summary.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/convert/doubts.h"
#include "lib/convert/load_model.h"
#include "lib/convert/output_summary.h"
#include "lib/convert/target_summary.h"
#include "lib/samples/picture_notes.h"
#include "lib/tflite/operator_names.h"

namespace qconvert {
namespace {

constexpr size_t kWorstLayers = 3;

void AddWarnings(const std::vector<std::string>& warnings, ConvertSummary& summary) {
  summary.warnings.insert(summary.warnings.end(), warnings.begin(), warnings.end());
}

void AddObservation(const NetworkObservation& observed, ConvertSummary& summary) {
  summary.quantization = observed.quantization;
  summary.calibration = observed.calibration.text;
  summary.ranges = observed.calibration.summary;
  summary.calibration_precision = observed.precision;
  if (observed.inputs) {
    summary.input_min = observed.inputs->min;
    summary.input_max = observed.inputs->max;
    summary.input_mean = observed.inputs->mean;
  }
  summary.calibration_samples = observed.samples;
  AddWarnings(observed.calibration.warnings, summary);
  AddWarnings(observed.warnings, summary);
}

void AddReport(const QuantizationReport& report, ConvertSummary& summary) {
  summary.integer_nodes = report.integer_nodes;
  summary.wide_nodes = report.wide_nodes;
  for (const FloatNode& node : report.float_nodes) {
    summary.float_nodes.push_back({node.name, node.kind, node.reason});
  }
  AddWarnings(report.warnings, summary);
  if (!report.extensions.empty()) {
    summary.warnings.push_back(fmt::format(
        "asymmetric weights in {} nodes: this file runs only here", report.extensions.size()));
  }
  for (const std::string& node : report.eight_bit) {
    summary.warnings.push_back(
        fmt::format("node '{}' keeps 8-bit weights: TFLite has no 4-bit kernel", node));
  }
}

void AddBiases(const CorrectedBiases& biases, ConvertSummary& summary) {
  summary.bias_correction = ToText(biases);
  summary.compared_layers = biases.compared;
  summary.corrected_layers = biases.corrected;
}

std::vector<LayerSummary> WorstOf(std::vector<LayerSummary> worst) {
  std::stable_sort(worst.begin(), worst.end(), [](const LayerSummary& a, const LayerSummary& b) {
    return a.sqnr_db < b.sqnr_db;
  });
  worst.resize(std::min(worst.size(), kWorstLayers));
  return worst;
}

void AddComparison(const Comparison& check, ConvertSummary& summary) {
  summary.checked_samples = check.samples;
  summary.agreement = check.agreement;
  if (check.candidate) {
    summary.reference_accuracy = SummaryOf(*check.reference, check.samples);
    summary.accuracy = SummaryOf(*check.candidate, check.samples);
  }
  for (const OutputComparison& output : check.outputs) {
    summary.outputs.push_back(SummaryOf(output));
  }
  for (const LayerComparison& layer : check.layers) {
    summary.layers.push_back(SummaryOf(layer));
  }
  summary.worst_layers = WorstOf(summary.layers);
  if (check.samples > 1) AddWarnings(DoubtsAboutSamples(check), summary);
}

DemandsSummary SummaryOf(const Demands& demands, std::span<const std::byte> file) {
  return {demands.activation_bytes, demands.multiply_adds,          demands.integer_multiply_adds,
          demands.constant_bytes,   demands.integer_constant_bytes, OperatorNames(file)};
}

void AddFile(const MadeFile& made, ConvertSummary& summary) {
  summary.output_bytes = made.bytes->size();
  summary.demands = SummaryOf(made.demands, *made.bytes);
  summary.accumulator_bits = made.accumulator_bits;
  summary.accumulators = made.accumulators;
  summary.graph = made.graph;
  summary.target = made.target;
  summary.batch = made.batch;
  AddReport(made.report, summary);
  if (const std::string warning = made.target ? WarningOf(*made.target) : ""; !warning.empty()) {
    AddWarnings({warning}, summary);
  }
  summary.rounding = made.rounding;
  summary.reconstruction = made.reconstruction;
  summary.bias_correction = made.why_not_corrected;
  if (made.codebooks) {
    const auto [layers, index_bytes, entropy_bytes] = *made.codebooks;
    summary.codebooks = CodebookSummary{layers, index_bytes, entropy_bytes};
  }
  if (made.biases) AddBiases(*made.biases, summary);
  if (made.comparison) AddComparison(*made.comparison, summary);
}

void AddDiagnosis(const Diagnosis& diagnosis, const Comparison& check, ConvertSummary& summary) {
  summary.trials = diagnosis.trials;
  if (diagnosis.layer) summary.damage = SummaryOf(*diagnosis.layer, check);
  if (diagnosis.next) summary.next = SummaryOf(*diagnosis.next);
}

void AddJudgement(const Judgement& judgement, const Comparison& check, ConvertSummary& summary) {
  for (const Shortfall& shortfall : judgement.shortfalls)
    summary.shortfalls.push_back(shortfall.text);
  AddWarnings(summary.shortfalls, summary);
  summary.gates = judgement.gates;
  for (const GateResult& gate : summary.gates) {
    if (gate.verdict != Verdict::kUndecided) continue;
    AddWarnings({fmt::format("undecided: {}; {}", ToText(gate), WhatDecides(gate))}, summary);
  }
  if (judgement.diagnosis) AddDiagnosis(*judgement.diagnosis, check, summary);
}

/// Returns the gates with a verdict in words.
std::string GatesText(const ConvertSummary& summary, Verdict verdict) {
  std::vector<std::string> texts;
  for (const GateResult& gate : summary.gates) {
    if (gate.verdict != verdict) continue;
    texts.push_back(ToText(gate));
    if (verdict == Verdict::kUndecided) texts.back() += ": " + WhatDecides(gate);
  }
  return fmt::format("{}", fmt::join(texts, " and "));
}

/// Returns a line about the layer that is to blame, or nothing.
std::string DamageText(const ConvertSummary& summary) {
  if (summary.damage) return "\nmost damage: " + ToText(*summary.damage);
  if (summary.worst_layers.empty()) return "";
  const LayerSummary& worst = summary.worst_layers.front();
  return fmt::format("\nworst layer: {} ({}) {:.1f} dB", worst.node, worst.kind, worst.sqnr_db);
}

}  // namespace

ConvertSummary SummarizeConversion(const ConvertOptions& options, const std::string& output,
                                   const ConversionStages& stages) {
  ConvertSummary summary;
  summary.output = output;
  ConvertOptions made_by = options;
  if (stages.search) made_by.rows = stages.search->rows;
  summary.mode = ModeText(made_by, stages.made.report);
  summary.layouts = stages.layouts;
  for (const JoinedOutput& joined : stages.split_outputs) {
    summary.split_outputs[joined.name] = joined.parts;
  }
  summary.model_bytes = stages.model_bytes;
  const std::vector<std::string> paths = DataPaths(options.data, options.model);
  summary.pictures = DescribePictures(paths, PreprocessingOf(options.data));
  AddOtherPictures(paths, summary.warnings);
  summary.treatment = stages.treatment;
  if (stages.search) summary.search = stages.search->summary;
  AddWarnings(stages.differences, summary);
  summary.equalization = stages.equalization;
  AddObservation(stages.observed, summary);
  AddFile(stages.made, summary);
  if (stages.judgement) AddJudgement(*stages.judgement, *stages.made.comparison, summary);
  return summary;
}

void RequirePassedGates(const ConvertSummary& summary, bool allow_undecided) {
  const Verdict verdict = Together(summary.gates);
  if (verdict == Verdict::kFail) {
    Fail(ErrorKind::kGateFailed,
         "nothing was written, for a gate failed: " + GatesText(summary, verdict) +
             DamageText(summary) + "\nnext: " + NextStep(summary));
  }
  if (verdict == Verdict::kPass || allow_undecided) return;
  Fail(ErrorKind::kUndecided,
       fmt::format("nothing was written, for {} samples leave a gate undecided: {}\nnext: more "
                   "samples by --data and --samples, or --allow-undecided, which writes the file",
                   summary.checked_samples, GatesText(summary, verdict)));
}

}  // namespace qconvert
