// Reports are read by machines: they must be well-formed whatever the names hold.
#include <cmath>
#include <regex>
#include <tuple>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/qconvert.h"
#include "lib/report/c_array.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

// Markup, quotes, a control character, a line break, a letter of two bytes, and a byte that no
// UTF-8 text has.
const std::string kHostile = "a<b>&\"c\"'\x01\n\xC3\xA9\xFFz";

EvaluateSummary Summary() {
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

/// Requires elements that nest, with quoted attributes and escaped text; returns their names in
/// order.
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

TEST_CASE("An evaluation is a JSON document", "[convert]") {
  const Json json = Json::parse(ToJson(Summary()));
  CHECK(json["samples"] == 3);
  CHECK(json["agreement_percent"] == 66.5);
  CHECK(json["reference_accuracy"].is_null());
  CHECK(json["outputs"][0]["sqnr_db"].is_null());  // JSON has no infinity
  CHECK(json["outputs"][0]["correlation"].is_null());
  CHECK(json["outputs"][1]["correlation"] == 0.5);
  CHECK(json["outputs"][0]["saturated"] == true);
  CHECK(json["outputs"][1]["sqnr_db"] == 12.5);
  CHECK(json["layers"][0]["sqnr_db"].is_null());
  CHECK(json["layers"][0]["scale"].is_null());
  CHECK(json["layers"][1]["zero_point"] == -3);
  CHECK(json["layers"][1]["share_used"] == 0.875);
  CHECK(json["layers"][1]["added_noise"].is_null());
  CHECK(json["changed"][0]["label"] == 3);
  CHECK(json["changed"][1]["label"].is_null());
  CHECK(json["changed"][1]["candidate"] == 2);
  CHECK(json["gates"][0]["passed"] == false);
  CHECK(json["gates"][1]["passed"] == true);
  CHECK(json["gates"][0]["verdict"] == "fail");
  CHECK(json["gates"][0]["interval"]["upper"] == 2.5);
  CHECK(json["gates"][1]["interval"]["upper"].is_null());
  CHECK(json["gates"][2]["verdict"] == "undecided");
  CHECK(json["gates"][2]["samples_to_decide"] == 1234);
  CHECK(json["passed"] == false);
  CHECK(json["verdict"] == "fail");
  CHECK(json["exit_code"] == 1);
  const auto name = json["gates"][0]["name"].get<std::string>();
  CHECK(name.substr(0, 13) == kHostile.substr(0, 13));
  CHECK(name.back() == 'z');
}

TEST_CASE("The page of a verdict shows gates, layers and changed samples, and no markup of names",
          "[report]") {
  EvaluateSummary summary = Summary();
  summary.warnings = {kHostile};
  const std::string page = ToHtml(summary);
  for (const char* expected :
       {"<h1>qeval: fail</h1>", "<td class=undecided>undecided</td>",
        "samples like these would decide", "1.50 %", "b.png", "<p class=warning>"}) {
    INFO(expected);
    CHECK(page.find(expected) != std::string::npos);
  }
  CHECK(page.find("a<b>") == std::string::npos);
  CHECK(page.find("inf") == std::string::npos);
  summary.error = RunError{3, kHostile};
  CHECK(ToHtml(summary).find("<p class=fail>exit code 3: a&lt;b&gt;") != std::string::npos);
}

TEST_CASE("The page of a conversion shows what it did, and no markup of names", "[report]") {
  ConvertSummary summary;
  summary.output = "m.tflite";
  summary.model_bytes = 4000;
  summary.output_bytes = 1000;
  summary.demands.multiply_adds = 8000000;
  summary.demands.integer_multiply_adds = 6000000;
  summary.warnings = {kHostile};
  summary.float_nodes = {{kHostile, "Erf", "TFLite has no int8 kernel for it"}};
  summary.gates = Summary().gates;
  summary.checked_samples = 10;
  summary.agreement = 9;
  summary.outputs = Summary().outputs;
  summary.layers = Summary().layers;
  summary.treatment = TreatmentSummary{{10, 20, 8}, {{"--equalize", {10, 24, 9}, true}}, {}, 2};
  summary.target = TargetSummary{"tflm", "TensorFlow Lite Micro", "the CPU", 31, 4, 12.5};
  summary.target->unfit = {{"GELU", "no such operator", "", {kHostile, "b", "c", "d"}, 64}};
  const std::string page = ToHtml(summary);
  for (const char* expected :
       {"<h1>qconvert: m.tflite</h1>", "1.0 kB of 4.0 kB, 4.00 times smaller",
        "8 million, 75.0 % of them in integers", "<td class=fail>fail</td>", "9 of 10",
        "--equalize", "kept", "1.50 %", "TFLite has no int8 kernel for it",
        "<h2>Target: TensorFlow Lite Micro</h2>", "<summary>4 nodes</summary>a&lt;b&gt;",
        "<p class=warning>a&lt;b&gt;"}) {
    INFO(expected);
    CHECK(page.find(expected) != std::string::npos);
  }
  CHECK(page.find("a<b>") == std::string::npos);
  CHECK(page.find("inf") == std::string::npos);
  CHECK(ToHtml(ConvertSummary()).find("No sample was compared") != std::string::npos);
}

TuneSummary TrainedSummary() {
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

TEST_CASE("The page of a training draws its curves, and no markup of names", "[report]") {
  TuneSummary summary = TrainedSummary();
  const std::string page = ToHtml(summary);
  for (const char* expected :
       {"<h1>qtune: m.tflite</h1>", "<title>step 10: 0.5</title>", "<title>step 20: 90</title>",
        ">without training</text>", "<td>trained</td><td class=n>90.00 %</td>",
        "<td class=n>78.00 %</td><td class=n>78.00 %</td>", "<p class=warning>a&lt;b&gt;"}) {
    INFO(expected);
    CHECK(page.find(expected) != std::string::npos);
  }
  CHECK(page.find("a<b>") == std::string::npos);
  CHECK(ToHtml(TuneSummary()).find("<svg") == std::string::npos);
  for (TuneProgress& progress : summary.curve) {
    progress.unit = "dB";
    progress.validation = INFINITY;
  }
  const std::string exact = ToHtml(summary);
  CHECK(exact.find("<td class=n>exact</td>") != std::string::npos);
  CHECK(exact.find("inf") == std::string::npos);
}

TEST_CASE("A training is a JSON document with its curve", "[report]") {
  const Json json = Json::parse(ToJson(TrainedSummary()));
  REQUIRE(json["curve"].size() == 2);
  CHECK(json["curve"][1]["step"] == 20);
  CHECK(json["curve"][1]["validation"] == 90);
}

TEST_CASE("The page lists first the layers that add the most noise", "[report]") {
  EvaluateSummary summary = Summary();
  summary.layers = {{"quiet", "Add", 10}, {"loud", "Conv2D", 20}};
  summary.layers[0].added_noise = 0.001;
  summary.layers[1].added_noise = 0.02;
  const std::string page = ToHtml(summary), table = page.substr(page.find("noise it adds"));
  CHECK(table.find("loud") < table.find("quiet"));
  CHECK(table.find("2.00 %") != std::string::npos);
}

/// Layers in the order of the network. The doctor tried all but the last.
std::vector<LayerSummary> TriedLayers() {
  std::vector<LayerSummary> layers = {
      {"some", "Add", 10}, {"most", "Conv2D", 30}, {"exact", "Relu", 20}, {"untried", "Mul", 5}};
  const double alone_db[] = {25, 12, INFINITY};
  for (size_t i = 0; i < 3; ++i) layers[i].alone_db = alone_db[i];
  layers[3].added_noise = 0.5;
  return layers;
}

TEST_CASE("Layers are ordered by what they do to the outputs alone", "[report]") {
  std::vector<std::string> names;
  for (const LayerSummary& layer : ByDamage(TriedLayers())) names.push_back(layer.node);
  CHECK(names == std::vector<std::string>{"most", "some", "exact", "untried"});
}

TEST_CASE("Rows of a page's table have a place for each column that sorts", "[report]") {
  EvaluateSummary summary = Summary();
  summary.layers = TriedLayers();
  const std::string page = ToHtml(summary);
  // b: alone quantized, c: alone in float, d: noise it adds, e: SQNR
  CHECK(page.find("--b:0;--c:0;--d:1;--e:3;") != std::string::npos);  // most
  CHECK(page.find("--b:3;--c:3;--d:0;--e:0;") != std::string::npos);  // untried
}

TEST_CASE("The doctor names the layer and the line that cures it", "[report]") {
  DoctorSummary doctor;
  doctor.samples = 16;
  doctor.layers = 40;
  CHECK_THAT(ToLines(doctor).back().text, Catch::StartsWith("no few layers"));
  doctor.damage = DamageSummary{"conv", "Conv2D", 6, {16, 25, 15}};
  doctor.next = CureSummary{"--exclude '^conv$'", "", {100, 24, 97}, true};
  std::string text;
  for (const TitledLine& line : ToLines(doctor)) text += line.title + ": " + line.text + "\n";
  CHECK(text ==
        "layers: 40 tried, each alone quantized and alone in float, on 16 samples\n"
        "most damage: conv (Conv2D), alone in float: 25.0 dB, same top-1 on 15 of 16\n"
        "next: qconvert --exclude '^conv$'\n"
        "tried: on all 100 samples: 24.0 dB, same top-1 on 97 of 100\n");
  doctor.why_not = "its channels are equalized";
  REQUIRE(ToLines(doctor).size() == 1);
  CHECK(ToLines(doctor)[0].text == "none was tried: its channels are equalized");
}

TEST_CASE("A page draws histograms, the graph and thumbnails", "[report]") {
  EvaluateSummary summary = Summary();
  summary.layers[0].activations = HistogramSummary{-1, 1, -1.25, 0.25, {1, 4, 0}, {0, 5, 0}};
  summary.graph = {{"in", "Quantize", "1x4", Arithmetic::kInt8, {}},
                   {kHostile, "Erf", "1x4", Arithmetic::kFloat, {0}},
                   {"out", "Add", "1x4", Arithmetic::kInt16, {0, 1}}};
  summary.changed[0].thumbnail = "\x89PNG";
  const std::string page = ToHtml(summary);
  for (const char* expected :
       {"results<svg", "1 int8", "1 int16", "1 float", "<i class=\"int16\" title=\"out (Add)\">",
        "<b>Erf</b> 1x4", "src=\"data:image/png;base64,iVBORw==\"", "3 &rarr; 7, label 3"}) {
    INFO(expected);
    CHECK(page.find(expected) != std::string::npos);
  }
  CHECK(page.find("a<b>") == std::string::npos);
}

TEST_CASE("Where there is no top-1 the agreement is null", "[report]") {
  EvaluateSummary evaluation = Summary();
  evaluation.agreement_percent.reset();
  CHECK(Json::parse(ToJson(evaluation))["agreement_percent"].is_null());
  CHECK(Json::parse(ToJson(ConvertSummary()))["agreement"].is_null());
}

TEST_CASE("A conversion says whether it was calibrated on samples, and claims no accuracy",
          "[report]") {
  ConvertSummary summary;
  CHECK(Json::parse(ToJson(summary))["calibrated_on_samples"] == false);
  summary.ranges = {"auto", 61, 25, 2};
  CHECK(Json::parse(ToJson(summary))["ranges"]["clipped"] == 25);
  summary.calibration_samples = 50;
  const Json json = Json::parse(ToJson(summary));
  CHECK(json["calibrated_on_samples"] == true);
  CHECK_FALSE(json.contains("accuracy_proven"));
}

TEST_CASE("A conversion is a JSON document", "[convert]") {
  ConvertSummary summary;
  summary.output = kHostile;
  summary.float_nodes = {{kHostile, "Erf", "TFLite has no int8 kernel for it"}};
  summary.warnings = {kHostile};
  summary.outputs = {{"y", -INFINITY, 1, true, false}};
  summary.layouts = {{"x", "nhwc"}};
  const Json json = Json::parse(ToJson(summary));
  CHECK(json["float_nodes"][0]["kind"] == "Erf");
  CHECK(json["warnings"].size() == 1);
  CHECK(json["layouts"]["x"] == "nhwc");
  CHECK(json["outputs"][0]["constant"] == true);
}

TEST_CASE("What a target runs is one line, or one more for each reason", "[report]") {
  TargetSummary target{"tflm", "TensorFlow Lite Micro", "", 31};
  CHECK(ToLines(target, false) == std::vector<std::string>{"all 31 operators run on tflm"});
  target.otherwise = "the CPU";
  target.unfit_operators = 5;
  target.unfit_percent = 12.5;
  target.unfit = {{"GELU", "no such operator", "", {"a", "b", "c", "d"}, 64},
                  {"TILE", "rank is not 0 to 4", "flatten it", {"e"}, 0}};
  const std::string head =
      "5 of 31 operators do not run on tflm but on the CPU (12.5 % of the multiply-adds)";
  CHECK(ToLines(target, false) ==
        std::vector<std::string>{head, "GELU: no such operator: 'a', 'b', 'c' and 1 more",
                                 "TILE: rank is not 0 to 4: 'e'; flatten it"});
  CHECK(ToLines(target, true)[1] == "GELU: no such operator: 'a', 'b', 'c', 'd'");
  ConvertSummary summary;
  CHECK(Json::parse(ToJson(summary))["target"].is_null());
  target.unfit[0].nodes = {kHostile};
  summary.target = target;
  const Json json = Json::parse(ToJson(summary))["target"];
  CHECK(json["name"] == "tflm");
  CHECK(json["unfit"][0]["multiply_adds"] == 64);
  CHECK(json["unfit"][1]["nodes"][0] == "e");
}

TEST_CASE("The check of a conversion says what falls short and what to do", "[report]") {
  ConvertSummary summary;
  CHECK(Json::parse(ToJson(summary))["check"].is_null());
  summary.checked_samples = 32;
  summary.agreement = 24;
  summary.outputs = {{"y", 12.5, 1, false, false, 0.5, 0.25}, {"z", 30, 1, false, false}};
  summary.shortfalls = {"output 'y': SQNR 12.5 dB is below 20 dB"};
  summary.gates = {{"min-sqnr", "SQNR (dB)", 20, 12.5, 12, 13, Verdict::kFail}};
  summary.trials = 9;
  summary.damage = {kHostile, "Conv2D", 17.5, {32, 30, 31}};
  summary.next = {"--exclude '^c$'", "", {32, INFINITY, 32}, true};
  const Json json = Json::parse(ToJson(summary)), check = json["check"];
  CHECK(json["outputs"][0]["share_at_ends"] == 0.25);
  CHECK(json["outputs"][1]["share_at_ends"].is_null());
  CHECK(check["samples"] == 32);
  CHECK(check["sqnr_db"] == 12.5);
  CHECK(check["same_top1"] == 24);
  CHECK(check["agreement_percent"] == 75);
  CHECK(check["shortfalls"].size() == 1);
  CHECK(check["gates"][0]["passed"] == false);
  CHECK(check["trials"] == 9);
  CHECK(check["most_damage"]["gain_db"] == 17.5);
  CHECK(check["most_damage"]["sqnr_db"] == 30);
  CHECK(check["next"]["flag"] == "--exclude '^c$'");
  CHECK(check["next"]["sqnr_db"].is_null());
  CHECK(check["next"]["cures"] == true);
}

TEST_CASE("The next step is a flag with its figures", "[report]") {
  ConvertSummary summary;
  summary.trials = 9;
  CHECK(NextStep(summary) ==
        "none of 9 files that were tried is better; --effort 2 tries equalization and GPTQ, too, "
        "or give more samples by --data");
  summary.next = {"--per-channel", "--per-layer", {100, 31.24, 99}, true};
  CHECK(NextStep(summary) ==
        "--per-channel instead of --per-layer gives 31.2 dB, same top-1 on 99 of 100");
  summary.next = {"--exclude '^c$'", "", {8, 12, {}}, false};
  CHECK(NextStep(summary) == "--exclude '^c$' gives 12.0 dB, which is better and not good yet");
}

TEST_CASE("Gates are a JUnit document, one test case each", "[convert]") {
  const std::string xml = ToJUnit(Summary());
  std::vector<std::string> elements = ElementsOf(xml);
  std::erase(elements, "property");
  CHECK(elements == std::vector<std::string>{"testsuites", "testsuite", "properties", "testcase",
                                             "failure", "testcase", "testcase", "failure"});
  CHECK(xml.find("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\"") != std::string::npos);
  CHECK(xml.find("<property name=\"min-top1.lower\" value=\"85\"/>") != std::string::npos);
  CHECK(xml.find("a&lt;b&gt;&amp;&quot;c&quot;'") != std::string::npos);
}

TEST_CASE("What is undecided and allowed is skipped in JUnit", "[report]") {
  EvaluateSummary summary = Summary();
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
  EvaluateSummary summary = Summary();
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
  EvaluateSummary summary = Summary();
  summary.gates.clear();
  std::vector<std::string> elements = ElementsOf(ToJUnit(summary));
  std::erase(elements, "property");
  CHECK(elements == std::vector<std::string>{"testsuites", "testsuite", "properties"});
}

TEST_CASE("Every JSON document begins with its version", "[report]") {
  const std::string begin = "{\n  \"version\": " + std::to_string(kJsonVersion) + ",\n";
  CHECK(ToJson(ConvertSummary{}).rfind(begin, 0) == 0);
  CHECK(ToJson(EvaluateSummary{}).rfind(begin, 0) == 0);
  CHECK(ToJson(BenchmarkSummary{}).rfind(begin, 0) == 0);
}

TEST_CASE("A C array holds the bytes under a name that C takes", "[report]") {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 40; ++i) bytes.push_back(static_cast<std::byte>(i * 7));
  DemandsSummary demands;
  demands.activation_bytes = 1234;
  demands.operators = {"ADD", "CONV_2D"};
  const std::string header = ToCArray("2 nets\n-\xC3\xA9", bytes, demands);
  CHECK(header.find(" take 1234 bytes") != std::string::npos);
  CHECK(header.find("ADD, CONV_2D.\n") != std::string::npos);
  CHECK(header.find("unsigned char model_2_nets____[] = {") != std::string::npos);
  CHECK(header.find("unsigned int model_2_nets_____bytes = 40;") != std::string::npos);
  const std::regex element("0x([0-9a-f]{2}),");
  std::vector<std::byte> read;
  for (std::sregex_iterator at(header.begin(), header.end(), element), end; at != end; ++at) {
    read.push_back(static_cast<std::byte>(std::stoi((*at)[1], nullptr, 16)));
  }
  CHECK(read == bytes);
}

}  // namespace
}  // namespace qconvert
