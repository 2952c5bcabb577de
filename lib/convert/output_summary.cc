#include "lib/convert/output_summary.h"

#include <algorithm>

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

HistogramSummary SummaryOf(const PairedHistogram& histogram, double min, double max) {
  const double width = PairedHistogram::WidthOf(min, max);
  return {min,
          max,
          min - PairedHistogram::kBeside * width,
          width,
          {histogram.reference.begin(), histogram.reference.end()},
          {histogram.candidate.begin(), histogram.candidate.end()}};
}

LayerSummary SummaryOf(const LayerComparison& layer) {
  LayerSummary summary{layer.node, layer.kind, layer.errors().sqnr_db()};
  summary.tensor = layer.tensor;
  if (!layer.range) return summary;
  summary.scale = double{layer.range->step};
  summary.zero_point = layer.range->zero_point;
  summary.share_at_ends = layer.share_at_ends();
  summary.share_used = layer.share_used();
  summary.activations =
      SummaryOf(layer.figures.histogram, double{layer.range->min}, double{layer.range->max});
  return summary;
}

NearnessSummary NearnessOf(const Comparison& comparison) {
  return {comparison.samples, comparison.worst_sqnr_db(), comparison.agreement};
}

DamageSummary SummaryOf(const Restoration& layer, const Comparison& check) {
  const std::string& node = layer.nodes.front();
  const auto found = std::find_if(check.layers.begin(), check.layers.end(),
                                  [&](const LayerComparison& each) { return each.node == node; });
  return {node, found == check.layers.end() ? "" : found->kind, layer.gain_db,
          NearnessOf(layer.comparison)};
}

CureSummary SummaryOf(const Cure& cure) {
  return {cure.flag, cure.instead_of, NearnessOf(cure.comparison), cure.cures};
}

}  // namespace qconvert
