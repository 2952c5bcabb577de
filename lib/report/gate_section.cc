#include "lib/report/gate_section.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

std::string VerdictClass(Verdict verdict) {
  return fmt::format("<td class={0}>{0}</td>", ToText(verdict));
}

std::string Number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : value > 0 ? "exact" : "-";
}

std::string End(double end) { return std::isfinite(end) ? Number(end) : "-"; }

/// The interval as a bar, the value as a dot and the limit as a line, on an axis that ends with
/// them.
std::string IntervalDrawing(const GateResult& gate) {
  if (gate.exact() || !std::isfinite(gate.lower) || !std::isfinite(gate.upper)) {
    return "<td></td>";
  }
  const auto [low, high] = std::minmax({gate.lower, gate.upper, gate.value, gate.limit});
  const double start = low, width = high > low ? high - low : 1;
  const auto at = [&](double value) { return 5 + 150 * (value - start) / width; };
  return fmt::format(
      "<td><svg viewBox=\"0 0 160 20\" role=\"img\" aria-label=\"interval and "
      "limit\"><path d=\"M{0:.1f} 10 H{1:.1f}\" stroke=\"var(--bar)\" stroke-width=\"8\"/>"
      "<circle cx=\"{2:.1f}\" cy=\"10\" r=\"4\" fill=\"currentColor\"/><path d=\"M{3:.1f} 0 V20\" "
      "stroke=\"var(--dot)\" stroke-width=\"3\"/></svg></td>",
      at(gate.lower), std::max(at(gate.upper), at(gate.lower) + 1), at(gate.value), at(gate.limit));
}

}  // namespace

std::string GateSection(const std::vector<GateResult>& gates) {
  if (gates.empty()) return "<p>No gates were set.</p>\n";
  std::string rows =
      "<tr><th>gate</th><th>verdict</th><th class=n>value</th><th class=n>95 % interval</th>"
      "<th class=n>limit</th><th>interval, value and limit</th><th></th></tr>\n";
  for (const GateResult& gate : gates) {
    const std::string interval =
        gate.exact() ? "" : fmt::format("{} to {}", End(gate.lower), End(gate.upper));
    rows += fmt::format(
        "<tr><td>{}</td>{}<td class=n>{}</td><td class=n>{}</td><td class=n>{:.4g}</td>{}"
        "<td>{}</td></tr>\n",
        EscapeMarkup(gate.name), VerdictClass(gate.verdict), Number(gate.value), interval,
        gate.limit, IntervalDrawing(gate),
        gate.verdict == Verdict::kUndecided ? EscapeMarkup(WhatDecides(gate)) : "");
  }
  return "<h2>Gates</h2>\n" + Table(rows);
}

}  // namespace qconvert
