// A conversion as one HTML page: what it was and what it took, treatments, the check of the file,
// layers, the graph, nodes that stay in float, what the target does not run.
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"
#include "lib/report/gate_section.h"
#include "lib/report/graph_section.h"
#include "lib/report/layer_section.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"
#include "lib/report/search_section.h"

namespace qconvert {
namespace {

constexpr size_t kShownNames = 3;

/// Returns a row of a name and what it is; nothing when that is empty.
///   text  as text
std::string Row(const std::string& name, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("<tr><td>{}</td><td class=w>{}</td></tr>\n", name, EscapeMarkup(text));
}

std::string Kilobytes(size_t bytes) {
  return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
}

/// Returns nothing for none.
std::string Count(int nodes) { return nodes == 0 ? "" : fmt::format("{} of those", nodes); }

std::string MultiplyAdds(const DemandsSummary& demands) {
  const auto all = static_cast<double>(demands.multiply_adds);
  if (all == 0) return "none";
  return fmt::format("{:.4g} million, {:.1f} % of them in integers", all / 1e6,
                     100 * static_cast<double>(demands.integer_multiply_adds) / all);
}

std::string File(const ConvertSummary& summary) {
  const std::string sizes = fmt::format(
      "{} of {}, {:.2f} times smaller", Kilobytes(summary.output_bytes),
      Kilobytes(summary.model_bytes),
      static_cast<double>(summary.model_bytes) / static_cast<double>(summary.output_bytes));
  return "<h2>File</h2>\n" +
         Table(Row("size", sizes) + Row("mode", summary.mode) +
               Row("quantization", summary.quantization) + Row("ranges", summary.calibration) +
               Row("equalized", summary.equalization) + Row("rounding", summary.rounding) +
               Row("codebooks", summary.codebooks ? ToText(*summary.codebooks) : "") +
               Row("biases", summary.bias_correction) +
               Row("nodes in integers", fmt::format("{}", summary.integer_nodes)) +
               Row("nodes with 16-bit activations", Count(summary.wide_nodes)) +
               Row("nodes in float", fmt::format("{}", summary.float_nodes.size())) +
               Row("accumulators", AccumulatorsText(summary)) +
               Row("multiply-adds", MultiplyAdds(summary.demands)) +
               Row("activations at the peak", Kilobytes(summary.demands.activation_bytes)));
}

std::string Treatments(const ConvertSummary& summary) {
  if (!summary.treatment) return "";
  const TreatmentSummary& treatment = *summary.treatment;
  const auto row = [](const std::string& flag, const NearnessSummary& nearness, const char* kept) {
    return fmt::format(
        "<tr><td class=w>{}</td><td class=n>{}</td><td class=n>{}</td><td>{}</td></tr>\n",
        EscapeMarkup(flag), Decibels(nearness.sqnr_db),
        nearness.agreement ? fmt::format("{} of {}", *nearness.agreement, nearness.samples) : "",
        kept);
  };
  std::string rows =
      "<tr><th>treatment</th><th class=n>SQNR</th><th class=n>same top-1</th><th></th></tr>\n" +
      row("none", treatment.untreated, "");
  for (const TrialSummary& trial : treatment.trials) {
    rows += row(trial.flag, trial.nearness, trial.kept ? "kept" : "");
  }
  return fmt::format("<h2>Treatments</h2>\n<p>{}.</p>\n", EscapeMarkup(ToText(treatment))) +
         Table(rows);
}

std::string Check(const ConvertSummary& summary) {
  if (summary.checked_samples == 0) {
    return "<p>No sample was compared with the float network.</p>\n";
  }
  std::string rows;
  if (summary.agreement) {
    rows += Row("same top-1", fmt::format("{} of {}", *summary.agreement, summary.checked_samples));
  }
  if (summary.accuracy && summary.reference_accuracy) {
    rows += Row("top-1", fmt::format("{:.2f} %, of the float network {:.2f} %",
                                     summary.accuracy->top1_percent,
                                     summary.reference_accuracy->top1_percent));
  }
  for (const OutputSummary& output : summary.outputs) {
    rows += Row(fmt::format("output '{}'", EscapeMarkup(output.name)), FiguresText(output));
  }
  if (summary.damage) rows += Row("most damage", ToText(*summary.damage));
  if (!summary.shortfalls.empty()) rows += Row("next", NextStep(summary));
  return fmt::format("<h2>Compared with the float network</h2>\n<p>On {} samples.</p>\n",
                     summary.checked_samples) +
         Table(rows);
}

std::string FloatNodes(const ConvertSummary& summary) {
  if (summary.float_nodes.empty()) return "";
  std::string rows = "<tr><th>node</th><th>operator</th><th>reason</th></tr>\n";
  for (const FloatNodeSummary& node : summary.float_nodes) {
    rows += fmt::format("<tr><td class=w>{}</td><td>{}</td><td class=w>{}</td></tr>\n",
                        NodeName(node.name), EscapeMarkup(node.kind), EscapeMarkup(node.reason));
  }
  return "<h2>Nodes in float</h2>\n" + Table(rows);
}

/// Returns names, folded where there are many.
std::string Names(const std::vector<std::string>& names) {
  const std::string all = NodeName(fmt::format("{}", fmt::join(names, ", ")));
  if (names.size() <= kShownNames) return all;
  return fmt::format("<details><summary>{} nodes</summary>{}</details>", names.size(), all);
}

std::string Target(const std::optional<TargetSummary>& target) {
  if (!target) return "";
  const std::string head = fmt::format("<h2>Target: {}</h2>\n<p>{}.</p>\n",
                                       EscapeMarkup(target->title), ToLines(*target, false)[0]);
  if (target->unfit.empty()) return head;
  std::string rows =
      "<tr><th>operator</th><th>why not</th><th>nodes</th><th>remedy</th>"
      "<th class=n>multiply-adds</th></tr>\n";
  for (const UnfitSummary& group : target->unfit) {
    rows += fmt::format(
        "<tr><td>{}</td><td class=w>{}</td><td class=w>{}</td><td class=w>{}</td><td class=n>{}"
        "</td></tr>\n",
        EscapeMarkup(group.kind), EscapeMarkup(group.reason), Names(group.nodes),
        EscapeMarkup(group.remedy), group.multiply_adds);
  }
  return head + Table(rows);
}

}  // namespace

std::string ToHtml(const ConvertSummary& summary) {
  return Page("qconvert: " + summary.output,
              WarningList(summary.warnings) + File(summary) +
                  (summary.search ? SearchSection(*summary.search) : "") +
                  (summary.gates.empty() ? "" : GateSection(summary.gates)) + Check(summary) +
                  Treatments(summary) + Target(summary.target) + LayerSection(summary.layers) +
                  GraphSection(summary.graph) + FloatNodes(summary));
}

}  // namespace qconvert
