// Reports as JSON are read by machines: they must be well-formed whatever the names hold.
#include <cmath>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/qconvert.h"
#include "test/report/hostile_summaries.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

TEST_CASE("An evaluation is a JSON document", "[convert]") {
  const Json json = Json::parse(ToJson(HostileEvaluation()));
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

TEST_CASE("A training is a JSON document with its curve", "[report]") {
  const Json json = Json::parse(ToJson(HostileTraining()));
  REQUIRE(json["curve"].size() == 2);
  CHECK(json["curve"][1]["step"] == 20);
  CHECK(json["curve"][1]["validation"] == 90);
}

TEST_CASE("Where there is no top-1 the agreement is null", "[report]") {
  EvaluateSummary evaluation = HostileEvaluation();
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

TEST_CASE("Every JSON document begins with its version", "[report]") {
  const std::string begin = "{\n  \"version\": " + std::to_string(kJsonVersion) + ",\n";
  CHECK(ToJson(ConvertSummary{}).rfind(begin, 0) == 0);
  CHECK(ToJson(EvaluateSummary{}).rfind(begin, 0) == 0);
  CHECK(ToJson(BenchmarkSummary{}).rfind(begin, 0) == 0);
}

}  // namespace
}  // namespace qconvert
