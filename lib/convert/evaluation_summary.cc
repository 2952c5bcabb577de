#include "lib/convert/evaluation_summary.h"

#include <cmath>
#include <map>
#include <string>

#include "lib/convert/output_summary.h"
#include "lib/search/local_noise.h"

namespace qconvert {
EvaluateSummary SummarizeEvaluation(const Graph& reference, const Comparison& comparison) {
  EvaluateSummary summary;
  summary.samples = comparison.samples;
  if (comparison.agreement) {
    summary.agreement_percent = Percent(*comparison.agreement, comparison.samples);
  }
  if (comparison.reference) {
    summary.reference_accuracy = SummaryOf(*comparison.reference, comparison.samples);
    summary.candidate_accuracy = SummaryOf(*comparison.candidate, comparison.samples);
  }
  for (const OutputComparison& output : comparison.outputs) {
    summary.outputs.push_back(SummaryOf(output));
  }
  const std::map<std::string, double> added = AddedNoise(reference, comparison);
  for (const LayerComparison& layer : comparison.layers) {
    summary.layers.push_back(SummaryOf(layer));
    const auto noise = added.find(layer.node);
    if (noise == added.end() || std::isnan(noise->second)) continue;  // NaN: noise behind noise
    summary.layers.back().added_noise = noise->second;
  }
  summary.degenerate = comparison.degenerate();
  return summary;
}

void AddWeights(const std::map<std::string, WeightComparison>& weights, EvaluateSummary& summary) {
  for (LayerSummary& layer : summary.layers) {
    const auto found = weights.find(layer.node);
    if (found == weights.end()) continue;
    const WeightComparison& one = found->second;
    layer.weights = SummaryOf(one.histogram, double{one.min}, double{one.max});
  }
}

void AddDiagnosis(const LayerDiagnosis& diagnosis, const Comparison& comparison,
                  EvaluateSummary& summary) {
  for (LayerSummary& layer : summary.layers) {
    const auto found = diagnosis.layers.find(layer.node);
    if (found == diagnosis.layers.end()) continue;
    layer.alone_db = found->second.alone_db;
    layer.gain_db = found->second.gain_db;
  }
  DoctorSummary& doctor = summary.doctor.emplace();
  doctor.why_not = diagnosis.why_not;
  doctor.samples = diagnosis.samples;
  doctor.layers = diagnosis.layers.size();
  doctor.trials = diagnosis.trials;
  if (diagnosis.layer) doctor.damage = SummaryOf(*diagnosis.layer, comparison);
  if (diagnosis.next) doctor.next = SummaryOf(*diagnosis.next);
}

}  // namespace qconvert
