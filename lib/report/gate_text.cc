// Verdicts for people.
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"

namespace qconvert {
namespace {

/// Returns a number of samples with two figures, rounded up.
size_t Rounded(size_t samples) {
  size_t unit = 1;
  while (samples / unit >= 100) unit *= 10;
  return (samples + unit - 1) / unit * unit;
}

std::string IntervalText(const GateResult& gate) {
  if (gate.exact()) return "";
  if (std::isinf(gate.lower) && std::isinf(gate.upper)) return ", no interval";
  return fmt::format(", 95 % interval {:.4g} to {:.4g}", gate.lower, gate.upper);
}

}  // namespace

int EvaluateSummary::exit_code() const {
  if (error) return error->exit_code;
  if (verdict == Verdict::kFail) return static_cast<int>(ErrorKind::kGateFailed);
  if (verdict == Verdict::kPass || allow_undecided) return 0;
  return static_cast<int>(ErrorKind::kUndecided);
}

std::string ToText(const GateResult& gate) {
  return fmt::format("{} {:.4g}{} (limit {:.4g})", gate.name, gate.value, IntervalText(gate),
                     gate.limit);
}

std::string WhatDecides(const GateResult& gate) {
  if (gate.samples_to_decide) {
    return fmt::format("about {} samples like these would decide",
                       Rounded(*gate.samples_to_decide));
  }
  if (gate.gate == "max-latency-ratio") return "an idle machine may decide";
  const bool metric = gate.gate.find("metric") != std::string::npos;
  if (metric && std::isinf(gate.lower)) {
    return "the command gave no figures of the draws, which tell how much its figure depends on "
           "the samples";
  }
  return "no number of samples is known to decide";
}

}  // namespace qconvert
