// Benchmark on files, and how it is written down.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/qconvert.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

BenchmarkOptions Options() {
  BenchmarkOptions options;
  options.model = QCONVERT_TESTDATA "/fashion_mnist/mobilenet.onnx";
  options.threads = 2;
  options.runs = 3;
  return options;
}

TEST_CASE("A benchmark's JSON has the figures that programs read", "[convert]") {
  const Json json = Json::parse(ToJson(Benchmark(Options())));
  CHECK(json["threads"] == 2);
  CHECK(json["batch"] == 1);
  CHECK(json["runs"] == 3);
  CHECK(json["min_ms"] > 0);
  CHECK(json["min_ms"] <= json["median_ms"]);
  CHECK(json["median_ms"] <= json["p90_ms"]);
  CHECK(json["load_ms"].get<double>() ==
        Approx(json["read_ms"].get<double>() + json["prepare_ms"].get<double>()));
  CHECK(json["peak_rss_bytes"] > 1e6);
  CHECK(json["peaks"].is_null());
  CHECK(json["steps"].empty());
}

TEST_CASE("A batch is so many inferences a run", "[convert]") {
  BenchmarkOptions options = Options();
  options.batch = 4;
  const BenchmarkSummary summary = Benchmark(options);
  CHECK(summary.samples_per_s == Approx(4e3 / summary.median_ms));
}

TEST_CASE("A profile's shares make up the whole", "[convert]") {
  BenchmarkOptions options = Options();
  options.profile = true;
  for (const int batch : {1, 4}) {
    options.batch = batch;
    const BenchmarkSummary summary = Benchmark(options);
    REQUIRE(summary.peaks);
    CHECK(summary.peaks->threads == (batch == 1 ? 2 : 1));
    double percent = 0, roof_us = 0, total_us = 0;
    for (const StepSummary& step : summary.steps) {
      percent += step.percent_of_time;
      roof_us += step.roof_us;
      total_us += step.median_us;
      CHECK(step.percent_of_roof * 1.000001 >= step.percent_of_peak);
    }
    CHECK(percent == Approx(100));
    CHECK(summary.gops > 0);
    CHECK(summary.percent_of_peak > 0);
    CHECK(summary.percent_of_roof == Approx(roof_us * 100 / total_us));
    const Json json = Json::parse(ToJson(summary));
    CHECK(json["steps"].size() == summary.steps.size());
    CHECK(json["peaks"]["levels"].size() == summary.peaks->levels.size());
    CHECK(json["peaks"]["levels"].back()["bytes"].is_null());
    CHECK(json["peaks"]["gigabytes_per_s"] == json["peaks"]["levels"].back()["gigabytes_per_s"]);
  }
}

/// A convolution at half its roof, an addition at a tenth, a Reshape, and one that a wrong clock
/// has above its roof.
BenchmarkSummary MadeUp() {
  BenchmarkSummary summary;
  summary.model = "<model> & \"co\"";
  summary.peaks =
      PeakSummary{1, "vpdpbusd, 512 bits", 200, 100, 10, {{"L1", 32768, 80}, {"memory", {}, 10}}};
  summary.steps = {{"a<b", "Conv2D", "1x2x2x3", "onednn", 10, 40, 50, 8, 25, 5, "int8", 50},
                   {"c", "Add", "1x2x2x3", "rows", 10, 40, 0, 0, 0, 1, "L1", 10},
                   {"d", "Reshape", "12", ""},
                   {"e", "Add", "12", "rows", 5, 20, 0, 0, 0, 6, "memory", 120}};
  return summary;
}

TEST_CASE("The worst steps are those that lose most, and no others", "[convert]") {
  const std::vector<StepSummary> worst = WorstSteps(MadeUp());
  REQUIRE(worst.size() == 2);
  CHECK(worst[0].node == "c");
  CHECK(LossText(worst[0]) == "36.0 % of the time: 10.0 us, roof 1.0 us (L1)");
  CHECK(LossText(worst[1]) == "20.0 % of the time: 10.0 us, roof 5.0 us (int8)");

  BenchmarkSummary many = MadeUp();
  many.steps.resize(20, many.steps.front());
  CHECK(WorstSteps(many).size() == 5);
}

TEST_CASE("The machine is told in one line each", "[convert]") {
  CHECK(PeaksText(*MadeUp().peaks) == "200 GOP/s int8 (vpdpbusd, 512 bits), 100 GOP/s float32");
  CHECK(LevelsText(*MadeUp().peaks) == "L1 (32 KiB) 80 GB/s, memory 10 GB/s");
}

TEST_CASE("A profile's page names every node and needs nothing else", "[convert]") {
  const std::string page = ToHtml(MadeUp());
  CHECK(page.find("<model>") == std::string::npos);
  CHECK(page.find("&lt;model&gt; &amp; &quot;co&quot;") != std::string::npos);
  CHECK(page.find("a&lt;b") != std::string::npos);
  CHECK(page.find("<circle") != std::string::npos);
  CHECK(page.find("36.0 % of the time") != std::string::npos);
  CHECK(page.find("memory 10 GB/s") != std::string::npos);
  for (const char* foreign : {"http", "src=", "<script", "@import", "nan", ">inf", "\"inf"}) {
    CAPTURE(foreign);
    CHECK(page.find(foreign) == std::string::npos);
  }
}

TEST_CASE("A benchmark of no model names the file", "[convert]") {
  BenchmarkOptions options = Options();
  options.model = "missing.tflite";
  CHECK_THAT(ErrorOf([&] { Benchmark(options); }), IsError(ErrorKind::kUnusable, "missing.tflite"));
}

}  // namespace
}  // namespace qconvert
