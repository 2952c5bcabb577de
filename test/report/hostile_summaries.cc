#include "test/report/hostile_summaries.h"

#include <cmath>
#include <regex>
#include <tuple>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

/// Requires bytes that are UTF-8, without the control characters that XML forbids.
void RequireXmlText(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    REQUIRE((lead >= ' ' || lead == '\n'));
    const size_t length = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    REQUIRE(length > 0);
    REQUIRE(i + length <= text.size());
    for (size_t k = 1; k < length; ++k) REQUIRE((text[i + k] & 0xC0) == 0x80);
    i += length;
  }
}

}  // namespace

EvaluateSummary HostileEvaluation() {
  EvaluateSummary summary;
  summary.reference = "float.onnx";
  summary.candidate = kHostile;
  summary.data = "val";
  summary.samples = 3;
  summary.agreement_percent = 66.5;
  summary.outputs = {{kHostile, INFINITY, 0, false, true}, {"b", 12.5, 0.25, false, false, 0.5}};
  summary.layers = {{"conv", "Conv2D", -INFINITY}, {kHostile, "Add", 20, 0.5, -3, 0.015, 0.875}};
  summary.changed = {{kHostile, 3, 7, 3}, {"b.png", 1, 2}};
  summary.gates = {{"max-drop", kHostile, 1, 2, 1.5, 2.5, Verdict::kFail},
                   {"min-sqnr", "SQNR (dB)", 20, INFINITY, 30, INFINITY, Verdict::kPass},
                   {"min-top1", "top-1 (%)", 90, 91, 85, 97, Verdict::kUndecided, 1234}};
  summary.verdict = Verdict::kFail;
  return summary;
}

TuneSummary HostileTraining() {
  TuneSummary summary;
  summary.output = "m.tflite";
  summary.validation = kHostile;
  summary.warnings = {kHostile};
  summary.plain = {80, 85, 20};
  summary.tuned = {90, 95, 30};
  summary.is_tuned = true;
  TuneProgress progress;
  progress.steps = 20;
  progress.unit = "%";
  progress.plain = 80;
  for (const auto& [step, loss, validation] :
       {std::tuple(uint64_t{10}, 0.5, 78.0), {uint64_t{20}, 0.25, 90.0}}) {
    progress.step = step;
    progress.loss = loss;
    progress.validation = validation;
    progress.best = validation;
    summary.curve.push_back(progress);
  }
  return summary;
}

std::vector<std::string> ElementsOf(std::string xml) {
  RequireXmlText(xml);
  static const std::regex element(
      R"re(<(/?)([a-z]+)((?: [a-z]+="(?:[^<&"]|&(?:lt|gt|amp|quot|apos);)*")*)(/?)>)re");
  xml.erase(0, xml.find("?>") + 2);
  std::vector<std::string> open, all;
  for (std::smatch match; std::regex_search(xml, match, element); xml = match.suffix()) {
    REQUIRE(match.prefix().str().find_first_not_of(" \n") == std::string::npos);
    if (match.length(1) != 0) {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == match[2]);
      open.pop_back();
      continue;
    }
    all.push_back(match[2]);
    if (match.length(4) == 0) open.push_back(match[2]);
  }
  REQUIRE(open.empty());
  REQUIRE(xml.find_first_not_of(" \n") == std::string::npos);
  return all;
}

}  // namespace qconvert
