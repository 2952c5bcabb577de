#include "lib/convert/conversion_summary.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace qconvert {
namespace {

constexpr size_t kWorstLayers = 3;

void AddWarnings(const std::vector<std::string>& warnings, ConvertSummary& summary) {
  summary.warnings.insert(summary.warnings.end(), warnings.begin(), warnings.end());
}

void AddObservation(const NetworkObservation& observed, ConvertSummary& summary) {
  summary.calibration = observed.calibration;
  summary.calibration_precision = observed.precision;
  if (observed.inputs) {
    summary.input_min = observed.inputs->min;
    summary.input_max = observed.inputs->max;
    summary.input_mean = observed.inputs->mean;
  }
  AddWarnings(observed.warnings, summary);
}

void AddReport(const QuantizationReport& report, ConvertSummary& summary) {
  summary.integer_nodes = report.integer_nodes;
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

std::vector<LayerSummary> WorstLayers(const Comparison& check) {
  std::vector<LayerSummary> worst;
  for (const LayerComparison& layer : check.layers) {
    worst.push_back({layer.node, layer.kind, layer.errors.sqnr_db()});
  }
  std::stable_sort(worst.begin(), worst.end(), [](const LayerSummary& a, const LayerSummary& b) {
    return a.sqnr_db < b.sqnr_db;
  });
  worst.resize(std::min(worst.size(), kWorstLayers));
  return worst;
}

void AddCheck(const Comparison& check, ConvertSummary& summary) {
  summary.checked_samples = check.samples;
  summary.agreement = check.agreement;
  for (const OutputComparison& output : check.outputs) {
    summary.outputs.push_back({output.name, output.errors.sqnr_db(), output.errors.largest_error(),
                               output.constant, output.saturated, output.correlation.value()});
  }
  summary.worst_layers = WorstLayers(check);
  if (check.degenerate()) {
    summary.warnings.push_back("the quantized network's answer no longer depends on its input");
  }
}

}  // namespace

ConvertSummary SummarizeConversion(const ConvertOptions& options, const std::string& output,
                                   const ConversionStages& stages) {
  ConvertSummary summary;
  summary.output = output;
  summary.mode = ModeText(options);
  summary.layouts = stages.layouts;
  summary.model_bytes = stages.model_bytes;
  summary.output_bytes = stages.output_bytes;
  summary.calibration_samples = stages.samples;
  AddObservation(stages.observed, summary);
  AddReport(stages.report, summary);
  if (stages.check) AddCheck(*stages.check, summary);
  return summary;
}

}  // namespace qconvert
