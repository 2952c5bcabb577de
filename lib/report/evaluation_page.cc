// A verdict as one HTML page: gates with their intervals, figures, what the doctor found, SQNR
// along the network, layers, the graph, samples whose answer changed.
#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/changed_section.h"
#include "lib/report/gate_section.h"
#include "lib/report/graph_section.h"
#include "lib/report/layer_section.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

std::string Row(const std::string& name, const std::string& reference,
                const std::string& candidate) {
  return fmt::format("<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td></tr>\n", name,
                     reference, candidate);
}

std::string Figures(const EvaluateSummary& summary) {
  std::string rows =
      "<tr><th></th><th class=n>float network</th><th class=n>candidate</th></tr>\n" +
      Row("size", fmt::format("{:.3f} MB", static_cast<double>(summary.reference_bytes) / 1e6),
          fmt::format("{:.3f} MB", static_cast<double>(summary.candidate_bytes) / 1e6));
  if (summary.reference_accuracy) {
    const AccuracySummary &was = *summary.reference_accuracy, &is = *summary.candidate_accuracy;
    rows += Row("top-1", fmt::format("{:.2f} %", was.top1_percent),
                fmt::format("{:.2f} %", is.top1_percent));
    rows += Row("top-5", fmt::format("{:.2f} %", was.top5_percent),
                fmt::format("{:.2f} %", is.top5_percent));
  }
  if (summary.agreement_percent) {
    rows += Row("same top-1", "", fmt::format("{:.2f} %", *summary.agreement_percent));
  }
  if (summary.latency) {
    rows += Row("latency, one thread", fmt::format("{:.3f} ms", summary.latency->reference_ms),
                fmt::format("{:.3f} ms", summary.latency->candidate_ms));
  }
  if (summary.metric) {
    rows += Row("metric", fmt::format("{:.4g}", summary.metric->reference),
                fmt::format("{:.4g}", summary.metric->candidate));
  }
  for (const OutputSummary& output : summary.outputs) {
    rows += fmt::format("<tr><td>output '{}'</td><td class=w colspan=2>{}</td></tr>\n",
                        EscapeMarkup(output.name), EscapeMarkup(FiguresText(output)));
  }
  return fmt::format("<h2>Figures</h2>\n<p>{} samples of {}.</p>\n", summary.samples,
                     EscapeMarkup(summary.data)) +
         Table(rows);
}

std::string Doctor(const std::optional<DoctorSummary>& doctor) {
  if (!doctor) return "";
  std::string rows;
  for (const TitledLine& line : ToLines(*doctor)) {
    const std::string text = EscapeMarkup(line.text);
    rows += fmt::format("<tr><td>{}</td><td class=w>{}</td></tr>\n", line.title,
                        line.title == "next" ? "<code>" + text + "</code>" : text);
  }
  return "<h2>Layer that does the most damage</h2>\n" + Table(rows);
}

}  // namespace

std::string ToHtml(const EvaluateSummary& summary) {
  const std::string title =
      summary.error
          ? "qeval: no verdict"
          : fmt::format("qeval: {}", summary.gates.empty() ? "no gates" : ToText(summary.verdict));
  const std::string head = fmt::format("<p>{} against {}</p>\n", EscapeMarkup(summary.candidate),
                                       EscapeMarkup(summary.reference));
  if (summary.error) {
    return Page(title,
                head + fmt::format("<p class=fail>exit code {}: {}</p>\n", summary.error->exit_code,
                                   EscapeMarkup(summary.error->message)));
  }
  return Page(title, head + WarningList(summary.warnings) + GateSection(summary.gates) +
                         Figures(summary) + Doctor(summary.doctor) + LayerSection(summary.layers) +
                         GraphSection(summary.graph) + ChangedSection(summary.changed));
}

}  // namespace qconvert
