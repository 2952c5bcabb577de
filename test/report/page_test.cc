// Reports as pages: what they show, without markup of names.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/report/hostile_summaries.h"

namespace qconvert {
namespace {

TEST_CASE("The page of a verdict shows gates, layers and changed samples, and no markup of names",
          "[report]") {
  EvaluateSummary summary = HostileEvaluation();
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
  summary.gates = HostileEvaluation().gates;
  summary.checked_samples = 10;
  summary.agreement = 9;
  summary.outputs = HostileEvaluation().outputs;
  summary.layers = HostileEvaluation().layers;
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

TEST_CASE("The page of a training draws its curves, and no markup of names", "[report]") {
  TuneSummary summary = HostileTraining();
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

TEST_CASE("The page lists first the layers that add the most noise", "[report]") {
  EvaluateSummary summary = HostileEvaluation();
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
  EvaluateSummary summary = HostileEvaluation();
  summary.layers = TriedLayers();
  const std::string page = ToHtml(summary);
  // b: alone quantized, c: alone in float, d: noise it adds, e: SQNR
  CHECK(page.find("--b:0;--c:0;--d:1;--e:3;") != std::string::npos);  // most
  CHECK(page.find("--b:3;--c:3;--d:0;--e:0;") != std::string::npos);  // untried
}

TEST_CASE("A page draws histograms, the graph and thumbnails", "[report]") {
  EvaluateSummary summary = HostileEvaluation();
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

}  // namespace
}  // namespace qconvert
