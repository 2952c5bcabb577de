// Verdicts for build servers and pull requests: JUnit and Markdown.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/qconvert.h"
#include "test/report/hostile_summaries.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

TEST_CASE("Gates are a JUnit document, one test case each", "[convert]") {
  const std::string xml = ToJUnit(HostileEvaluation());
  std::vector<std::string> elements = ElementsOf(xml);
  std::erase(elements, "property");
  CHECK(elements == std::vector<std::string>{"testsuites", "testsuite", "properties", "testcase",
                                             "failure", "testcase", "testcase", "failure"});
  CHECK(xml.find("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\"") != std::string::npos);
  CHECK(xml.find("<property name=\"min-top1.lower\" value=\"85\"/>") != std::string::npos);
  CHECK(xml.find("a&lt;b&gt;&amp;&quot;c&quot;'") != std::string::npos);
}

TEST_CASE("What is undecided and allowed is skipped in JUnit", "[report]") {
  EvaluateSummary summary = HostileEvaluation();
  summary.gates.erase(summary.gates.begin());
  summary.verdict = Verdict::kUndecided;
  CHECK(summary.exit_code() == 6);
  summary.allow_undecided = true;
  CHECK(summary.exit_code() == 0);
  const std::string xml = ToJUnit(summary);
  CHECK(xml.find("failures=\"0\" errors=\"0\" skipped=\"1\"") != std::string::npos);
  CHECK(xml.find("<skipped message=\"top-1 (%) 91, 95 % interval 85 to 97 (limit 90); about 1300 "
                 "samples like these would decide\"/>") != std::string::npos);
}

TEST_CASE("A run without a verdict is a report, too", "[report]") {
  EvaluateSummary summary;
  summary.candidate = "m.tflite";
  summary.error = RunError{3, "m.tflite: it is <cut> off"};
  const Json json = Json::parse(ToJson(summary));
  CHECK(json["error"]["exit_code"] == 3);
  CHECK(json["verdict"].is_null());
  CHECK(json["passed"] == false);
  const std::string xml = ToJUnit(summary);
  CHECK(ElementsOf(xml).back() == "error");
  CHECK(xml.find("errors=\"1\"") != std::string::npos);
  CHECK(ToMarkdown(summary).find("exit code 3: m.tflite: it is &lt;cut&gt; off") !=
        std::string::npos);
}

TEST_CASE("A verdict is Markdown for a pull request", "[report]") {
  EvaluateSummary summary = HostileEvaluation();
  summary.warnings = {"the networks have different weights"};
  const std::string text = ToMarkdown(summary);
  CHECK(text.rfind("### qeval: fail\n", 0) == 0);
  CHECK(text.find("> **warning**: the networks have different weights") != std::string::npos);
  CHECK(text.find("| top-1 (%) | 91 | 85 to 97 | 90 | **undecided**: about 1300 samples") !=
        std::string::npos);
  CHECK(text.find("<b>") == std::string::npos);
}

TEST_CASE("A verdict in words says its interval and what decides", "[report]") {
  CHECK(ToText(GateResult{"max-drop", "top-1 drop (points)", 1, 0.5, -0.25, 1.25}) ==
        "top-1 drop (points) 0.5, 95 % interval -0.25 to 1.25 (limit 1)");
  CHECK(ToText(GateResult{"max-size-ratio", "size ratio", 0.3, 0.25, 0.25, 0.25}) ==
        "size ratio 0.25 (limit 0.3)");
  CHECK(ToText(GateResult{"min-sqnr", "SQNR (dB)", 20, 30, -INFINITY, INFINITY}) ==
        "SQNR (dB) 30, no interval (limit 20)");
  CHECK(WhatDecides(GateResult{"max-latency-ratio", "latency ratio", 1, 1, 0.9, 1.1}) ==
        "an idle machine may decide");
}

TEST_CASE("Without gates the JUnit document has no test case", "[convert]") {
  EvaluateSummary summary = HostileEvaluation();
  summary.gates.clear();
  std::vector<std::string> elements = ElementsOf(ToJUnit(summary));
  std::erase(elements, "property");
  CHECK(elements == std::vector<std::string>{"testsuites", "testsuite", "properties"});
}

}  // namespace
}  // namespace qconvert
