#include "lib/convert/output_summary.h"

namespace qconvert {

OutputSummary SummaryOf(const OutputComparison& output) {
  OutputSummary summary{
      output.name,      output.errors.sqnr_db(),    output.errors.largest_error(), output.constant,
      output.saturated, output.correlation.value(), output.share_at_ends()};
  if (output.same_values) summary.same_percent = 100 * output.share_same();
  return summary;
}

AccuracySummary SummaryOf(const Accuracy& accuracy, size_t samples) {
  return {Percent(accuracy.top1, samples), Percent(accuracy.top5, samples)};
}

LayerSummary SummaryOf(const LayerComparison& layer) {
  LayerSummary summary{layer.node, layer.kind, layer.errors().sqnr_db()};
  if (!layer.range) return summary;
  summary.scale = double{layer.range->step};
  summary.zero_point = layer.range->zero_point;
  summary.share_at_ends = layer.share_at_ends();
  summary.share_used = layer.share_used();
  return summary;
}

}  // namespace qconvert
