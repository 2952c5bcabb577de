#include "lib/convert/output_summary.h"

namespace qconvert {

OutputSummary SummaryOf(const OutputComparison& output) {
  OutputSummary summary{
      output.name,      output.errors.sqnr_db(),    output.errors.largest_error(), output.constant,
      output.saturated, output.correlation.value(), output.share_at_ends()};
  if (output.same_values) summary.same_percent = 100 * output.share_same();
  return summary;
}

}  // namespace qconvert
