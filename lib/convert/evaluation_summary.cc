#include "lib/convert/evaluation_summary.h"

#include "lib/convert/output_summary.h"

namespace qconvert {
EvaluateSummary SummarizeEvaluation(const Comparison& comparison) {
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
  for (const LayerComparison& layer : comparison.layers) {
    summary.layers.push_back(SummaryOf(layer));
  }
  summary.degenerate = comparison.degenerate();
  return summary;
}

}  // namespace qconvert
