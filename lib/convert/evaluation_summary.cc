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

}  // namespace qconvert
