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
  const BenchmarkSummary summary = Benchmark(options);
  REQUIRE(summary.peaks);
  double percent = 0;
  for (const StepSummary& step : summary.steps) percent += step.percent_of_time;
  CHECK(percent == Approx(100));
  CHECK(summary.gops > 0);
  CHECK(Json::parse(ToJson(summary))["steps"].size() == summary.steps.size());
}

TEST_CASE("A profile's page names every node and needs nothing else", "[convert]") {
  BenchmarkSummary summary;
  summary.model = "<model> & \"co\"";
  summary.peaks = PeakSummary{200, 100, 10};
  summary.steps = {{"a<b", "Conv2D", "1x2x2x3", "onednn", 10, 90, 50, 8, 25},
                   {"c", "Add", "1x2x2x3", "rows", 1, 10, 0, 0, 0}};
  const std::string page = ToHtml(summary);
  CHECK(page.find("<model>") == std::string::npos);
  CHECK(page.find("&lt;model&gt; &amp; &quot;co&quot;") != std::string::npos);
  CHECK(page.find("a&lt;b") != std::string::npos);
  CHECK(page.find("<circle") != std::string::npos);
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
