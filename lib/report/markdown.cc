// A verdict for a pull request: what decides, on few lines; the figures below it.
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"

namespace qconvert {
namespace {

/// Returns text that neither ends a cell nor means anything in Markdown or HTML.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char c : EscapeMarkup(text)) {
    if (std::string("|\\`*_[]#~").find(c) != std::string::npos) cell += '\\';
    cell += c;
  }
  return cell;
}

std::string Number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : value > 0 ? "exact" : "-";
}

std::string IntervalCell(const GateResult& gate) {
  if (gate.exact()) return "";
  return Number(gate.lower) + " to " + (std::isinf(gate.upper) ? "-" : Number(gate.upper));
}

std::string Gates(const EvaluateSummary& summary) {
  if (summary.gates.empty()) return "";
  std::string table = "| gate | value | 95 % interval | limit | verdict |\n|-|-:|-:|-:|-|\n";
  for (const GateResult& gate : summary.gates) {
    const std::string verdict = gate.verdict == Verdict::kPass ? "pass"
                                : gate.verdict == Verdict::kFail
                                    ? "**fail**"
                                    : "**undecided**: " + WhatDecides(gate);
    table += fmt::format("| {} | {} | {} | {:.4g} | {} |\n", Cell(gate.name), Number(gate.value),
                         IntervalCell(gate), gate.limit, verdict);
  }
  return table + "\n";
}

std::string Figures(const EvaluateSummary& summary) {
  std::string text = fmt::format("{} samples; {:.2f} MB -> {:.2f} MB", summary.samples,
                                 static_cast<double>(summary.reference_bytes) / 1e6,
                                 static_cast<double>(summary.candidate_bytes) / 1e6);
  if (summary.reference_accuracy) {
    text += fmt::format("; top-1 {:.2f} % -> {:.2f} %", summary.reference_accuracy->top1_percent,
                        summary.candidate_accuracy->top1_percent);
  }
  if (summary.agreement_percent) {
    text += fmt::format("; same top-1 on {:.2f} %", *summary.agreement_percent);
  }
  if (summary.latency) {
    text += fmt::format("; {:.3f} ms -> {:.3f} ms", summary.latency->reference_ms,
                        summary.latency->candidate_ms);
  }
  text += "\n\n";
  for (const OutputSummary& output : summary.outputs) {
    text += fmt::format("- output {}: {}\n", Cell(output.name), FiguresText(output));
  }
  return text;
}

std::string Title(const EvaluateSummary& summary) {
  if (summary.error) return "no verdict";
  if (summary.gates.empty()) return "no gates";
  return ToText(summary.verdict);
}

}  // namespace

std::string ToMarkdown(const EvaluateSummary& summary) {
  std::string text = fmt::format("### qeval: {}\n\n{} against {}\n\n", Title(summary),
                                 Cell(summary.candidate), Cell(summary.reference));
  if (summary.error) {
    return text + fmt::format("exit code {}: {}\n", summary.error->exit_code,
                              Cell(summary.error->message));
  }
  for (const std::string& warning : summary.warnings) {
    text += "> **warning**: " + Cell(warning) + "\n\n";
  }
  return text + Gates(summary) + Figures(summary);
}

}  // namespace qconvert
