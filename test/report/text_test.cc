// Reports as lines of a terminal, and a file as a C array.
#include <regex>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/qconvert.h"
#include "lib/report/c_array.h"
#include "test/report/hostile_summaries.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

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
