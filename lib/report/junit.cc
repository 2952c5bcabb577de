#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"

namespace qconvert {
namespace {

std::string Property(const std::string& name, const std::string& value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", EscapeMarkup(name),
                     EscapeMarkup(value));
}

std::string Properties(const EvaluateSummary& summary) {
  std::string list = Property("reference", summary.reference) +
                     Property("candidate", summary.candidate) + Property("data", summary.data) +
                     Property("samples", fmt::format("{}", summary.samples)) +
                     Property("reference_bytes", fmt::format("{}", summary.reference_bytes)) +
                     Property("candidate_bytes", fmt::format("{}", summary.candidate_bytes));
  for (const GateResult& gate : summary.gates) {
    list += Property(gate.gate, fmt::format("{:.6g}", gate.value));
    if (gate.exact()) continue;
    list += Property(gate.gate + ".lower", fmt::format("{:.6g}", gate.lower));
    list += Property(gate.gate + ".upper", fmt::format("{:.6g}", gate.upper));
  }
  for (const std::string& warning : summary.warnings) list += Property("warning", warning);
  return "    <properties>\n" + list + "    </properties>\n";
}

std::string Case(const std::string& name, const std::string& inner) {
  const std::string begin =
      fmt::format("    <testcase classname=\"qeval\" name=\"{}\"", EscapeMarkup(name));
  return inner.empty() ? begin + "/>\n" : begin + ">\n      " + inner + "\n    </testcase>\n";
}

std::string Message(const char* element, const std::string& type, const std::string& text) {
  return fmt::format("<{} type=\"{}\" message=\"{}\"/>", element, type, EscapeMarkup(text));
}

/// Returns what stands inside the case of a gate. What is undecided but allowed is skipped.
std::string Outcome(const GateResult& gate, bool allow_undecided) {
  if (gate.passed()) return "";
  if (gate.verdict == Verdict::kFail) return Message("failure", "fail", ToText(gate));
  const std::string text = ToText(gate) + "; " + WhatDecides(gate);
  return allow_undecided ? fmt::format("<skipped message=\"{}\"/>", EscapeMarkup(text))
                         : Message("failure", "undecided", text);
}

}  // namespace

std::string ToJUnit(const EvaluateSummary& summary) {
  size_t failures = 0, skipped = 0;
  std::string cases;
  for (const GateResult& gate : summary.gates) {
    const bool allowed = gate.verdict == Verdict::kUndecided && summary.allow_undecided;
    skipped += allowed;
    failures += !gate.passed() && !allowed;
    cases += Case(gate.name, Outcome(gate, summary.allow_undecided));
  }
  if (summary.error) {
    cases += Case("comparison", Message("error", fmt::format("exit {}", summary.error->exit_code),
                                        summary.error->message));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}{}  </testsuite>\n</testsuites>\n",
      EscapeMarkup(summary.candidate), summary.gates.size() + (summary.error ? 1 : 0), failures,
      summary.error ? 1 : 0, skipped, summary.seconds, Properties(summary), cases);
}

}  // namespace qconvert
