// The check of a conversion: what it warns of, whom it blames, and that the flag that it prints
// does what it says.
#include <filesystem>
#include <regex>

#include <catch2/catch.hpp>

#include "lib/convert/other_options.h"
#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Catch::Matchers::StartsWith;

constexpr size_t kSamples = 40;
constexpr int64_t kWidth = 16;

/// Every character that a regex or a shell reads otherwise.
const std::string kFragile = R"(block.1/fc^2$ \*+?()[]{}|'x)";

std::vector<float> Weights(uint64_t seed) { return RandomFloats(kWidth * kWidth, seed, -1, 1); }

/// Four layers, of which the third reads a channel that is always 0 with weights of a thousand:
/// these set its scales, and its other weights round to 0.
std::string FragileModel() {
  ModelBuilder model;
  model.Input("x", {"1", "16"});
  std::vector<float> second_bias = RandomFloats(kWidth, 11, -1, 1), third = Weights(3);
  second_bias[0] = -1000;
  std::fill(third.begin(), third.begin() + kWidth, 1000.0F);
  model.Weights("w1", {kWidth, kWidth}, Weights(1));
  model.Weights("w2", {kWidth, kWidth}, Weights(2));
  model.Weights("b2", {kWidth}, second_bias);
  model.Weights("w3", {kWidth, kWidth}, third);
  model.Weights("w4", {kWidth, kWidth}, Weights(4));
  model.Node("Gemm", {"x", "w1"}, {"g1"}, "first");
  model.Node("Relu", {"g1"}, {"r1"});
  model.Node("Gemm", {"r1", "w2", "b2"}, {"g2"}, "second");
  model.Node("Relu", {"g2"}, {"r2"});
  model.Node("Gemm", {"r2", "w3"}, {"g3"}, kFragile);
  model.Node("Relu", {"g3"}, {"r3"});
  model.Node("Gemm", {"r3", "w4"}, {"y"}, "last");
  model.Output("y");
  return model.Bytes();
}

ConvertOptions Conversion(const ScratchFolder& folder, const std::string& model) {
  ConvertOptions options;
  options.model = folder.Write("m.onnx", model);
  options.output = folder / "m.tflite";
  options.data.paths = {
      folder.Write("x.npy", FloatNpy("(40, 1, 16)", RandomFloats(kSamples * kWidth, 5, -2, 2)))};
  options.quiet = true;
  return options;
}

/// Returns the pattern that "--exclude 'PATTERN'" gives when a shell reads it.
std::string PatternIn(const std::string& flag, const std::string& name = "--exclude") {
  const std::string begin = name + " '";
  REQUIRE(flag.rfind(begin, 0) == 0);
  REQUIRE(flag.back() == '\'');
  const std::string quoted = flag.substr(begin.size(), flag.size() - begin.size() - 1);
  return std::regex_replace(quoted, std::regex(R"('\\'')"), "'");
}

TEST_CASE("The only fragile layer is named, and the printed flag does what it says", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  const ConvertSummary summary = Convert(options);
  REQUIRE_FALSE(summary.shortfalls.empty());
  CHECK(summary.checked_samples == kSamples / 3);
  REQUIRE(summary.damage);
  CHECK(summary.damage->node == kFragile);
  CHECK(summary.damage->gain_db > 10);
  REQUIRE(summary.next);
  CHECK(summary.next->cures);
  CHECK(summary.trials < 30);

  options.exclude = PatternIn(summary.next->flag);
  const ConvertSummary cured = Convert(options);
  CHECK(cured.float_nodes.size() == 1);
  CHECK(cured.float_nodes.at(0).name == kFragile);
  CHECK(cured.outputs.at(0).sqnr_db == summary.next->nearness.sqnr_db);
  CHECK(cured.agreement == summary.next->nearness.agreement);
  CHECK(cured.shortfalls.empty());
  CHECK(cured.trials == 0);
}

TEST_CASE("A cure keeps what the user excludes", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  options.exclude = "first|last";
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.next);
  CHECK(summary.next->instead_of == "--exclude 'first|last'");
  options.exclude = PatternIn(summary.next->flag);
  const ConvertSummary cured = Convert(options);
  CHECK(cured.float_nodes.size() == 3);
  CHECK(cured.outputs.at(0).sqnr_db == summary.next->nearness.sqnr_db);
}

/// Returns a conversion of a trained network with scales per layer, which it does not bear without
/// a correction of its biases.
ConvertOptions PerLayer(const ScratchFolder& folder) {
  ConvertOptions options;
  options.model = QCONVERT_TESTDATA "/fashion_mnist/mobilenet.onnx";
  options.output = folder / "m.tflite";
  options.data.paths = {QCONVERT_TESTDATA "/fashion_mnist/calibration"};
  options.data.preprocessing = PictureOptions{.mean = {0.2860F}, .std = {0.3530F}};
  options.quiet = true;
  options.granularity = ConvertOptions::Granularity::kPerLayer;
  options.bias_correction = ConvertOptions::BiasCorrection::kNone;
  return options;
}

TEST_CASE("Other options are tried before layers become float", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = PerLayer(folder);
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.next);
  CHECK(summary.next->flag == "--per-channel");
  CHECK(summary.next->instead_of == "--per-layer");
  options.granularity = ConvertOptions::Granularity::kPerChannel;
  const ConvertSummary cured = Convert(options);
  CHECK(cured.outputs.at(0).sqnr_db == summary.next->nearness.sqnr_db);
  CHECK(cured.agreement == summary.next->nearness.agreement);
  CHECK(cured.shortfalls.empty());
}

TEST_CASE("A gate that fails writes nothing, and says what to do", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  options.min_sqnr = 25;
  const Error error = ErrorOf([&] { Convert(options); });
  CHECK_THAT(error, IsError(ErrorKind::kGateFailed, "a gate failed: SQNR (dB) "));
  CHECK_THAT(error, IsError(ErrorKind::kGateFailed, "(limit 25)"));
  CHECK_THAT(error, IsError(ErrorKind::kGateFailed, "most damage: " + kFragile));
  CHECK_THAT(error, IsError(ErrorKind::kGateFailed, "next: --exclude '^("));
  CHECK_FALSE(std::filesystem::exists(options.output));

  options.effort = 0;
  CHECK_THAT(ErrorOf([&] { Convert(options); }),
             IsError(ErrorKind::kGateFailed, "next: --effort 1 looks for"));
  CHECK_FALSE(std::filesystem::exists(options.output));
}

TEST_CASE("Gates that pass are judged on all samples", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  options.exclude = "fc";
  options.min_sqnr = 20;
  options.min_agreement = 50;
  options.min_correlation = 0.9;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.checked_samples == kSamples);
  CHECK(summary.gates.size() == 4);
  CHECK(std::filesystem::exists(options.output));
}

TEST_CASE("A limit below the bound is the user's word", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = PerLayer(folder);
  CHECK(Convert(options).shortfalls.size() >= 2);
  options.min_sqnr = 5;
  options.min_agreement = 50;
  options.min_correlation = 0.5;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.shortfalls.empty());
  CHECK(summary.trials == 0);
}

TEST_CASE("Limits need samples, and an agreement a top-1", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  options.data = {};
  options.min_sqnr = 20;
  CHECK_THAT(ErrorOf([&] { Convert(options); }),
             IsError(ErrorKind::kUsage, "add --data, or drop --min-sqnr"));
  options = Conversion(folder, ReluModel().Bytes());
  options.min_agreement = 101;
  CHECK_THAT(ErrorOf([&] { Convert(options); }), IsError(ErrorKind::kUsage, "--min-agreement 101"));
}

TEST_CASE("Without effort the file is judged, and no cure is looked for", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, FragileModel());
  options.effort = 0;
  const ConvertSummary summary = Convert(options);
  CHECK_FALSE(summary.shortfalls.empty());
  CHECK(summary.trials == 0);
  CHECK_FALSE(summary.next);
  CHECK(NextStep(summary) == "--effort 1 looks for the layer and a cure");
}

std::vector<std::string> FlagsOf(const std::vector<OtherOptions>& list) {
  std::vector<std::string> flags;
  for (const OtherOptions& other : list) flags.push_back(other.flag + " / " + other.instead_of);
  return flags;
}

TEST_CASE("What costs accuracy is undone one by one, then together", "[convert]") {
  ConvertOptions given;
  CHECK(FlagsOf(MoreFloatOptions(given)) == std::vector<std::string>{"--weights-only / "});
  given.wide = "conv";
  CHECK(FlagsOf(MoreFloatOptions(given)) == std::vector<std::string>{"--weights-only / --wide"});
  given.wide.clear();
  given.bits = 4;
  given.granularity = ConvertOptions::Granularity::kPerLayer;
  CHECK(FlagsOf(MoreAccurateOptions(given)) ==
        std::vector<std::string>{"--bits 8 / --bits 4", "--per-channel / --per-layer",
                                 "--bits 8 --per-channel / --bits 4 --per-layer"});
  given = {};
  given.data.paths = {"pictures"};
  given.calibration = "kl";
  given.bias_correction = ConvertOptions::BiasCorrection::kNone;
  CHECK(FlagsOf(MoreAccurateOptions(given)) ==
        std::vector<std::string>{"--calibration auto / --calibration kl",
                                 "--bias-correction sequential / --bias-correction none",
                                 "--calibration auto --bias-correction sequential / "
                                 "--calibration kl --bias-correction none"});
  given = {};
  given.bits = 4;
  given.mode = ConvertOptions::Mode::kWeightsOnly;
  given.granularity.reset();
  CHECK(FlagsOf(MoreFloatOptions(given)) == std::vector<std::string>{"--bits 16 / --bits 4"});
}

TEST_CASE("Float arithmetic is not offered to someone who asks for integers", "[convert]") {
  ConvertOptions given;
  given.io = ConvertOptions::Io::kInt8;
  CHECK(MoreFloatOptions(given).empty());
}

/// Three layers. The first has a channel of a hundred times the others' values, which the second
/// takes a hundredth of: an int8 step fits that channel and drowns the others.
std::string UnevenModel() {
  ModelBuilder model;
  model.Input("x", {"1", "16"});
  std::vector<float> first = Weights(1), second = Weights(2);
  for (int64_t i = 0; i < kWidth; ++i) {
    first[static_cast<size_t>(i * kWidth)] *= 100;
    second[static_cast<size_t>(i)] /= 100;
  }
  model.Weights("w1", {kWidth, kWidth}, first);
  model.Weights("w2", {kWidth, kWidth}, second);
  model.Weights("w3", {kWidth, kWidth}, Weights(3));
  model.Node("Gemm", {"x", "w1"}, {"g1"}, "first");
  model.Node("Relu", {"g1"}, {"r1"});
  model.Node("Gemm", {"r1", "w2"}, {"g2"}, "second");
  model.Node("Relu", {"g2"}, {"r2"});
  model.Node("Gemm", {"r2", "w3"}, {"y"}, "last");
  model.Output("y");
  return model.Bytes();
}

TEST_CASE("Who wants integer outputs is offered 16 bits, not float", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, UnevenModel());
  options.io = ConvertOptions::Io::kInt8;
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.next);
  CHECK_THAT(summary.next->flag, StartsWith("--wide '"));
  CHECK(summary.next->cures);

  options.wide = PatternIn(summary.next->flag, "--wide");
  const ConvertSummary cured = Convert(options);
  CHECK(cured.float_nodes.empty());
  CHECK(cured.wide_nodes > 0);
  CHECK(cured.outputs.at(0).sqnr_db == summary.next->nearness.sqnr_db);
}

/// One product of the input with weights that are all `value`.
std::string UniformModel(float value) {
  ModelBuilder model;
  model.Input("x", {"1", "16"});
  model.Weights("w", {kWidth, kWidth}, std::vector<float>(kWidth * kWidth, value));
  model.Node("Gemm", {"x", "w"}, {"y"}, "product");
  model.Output("y");
  return model.Bytes();
}

TEST_CASE("A network that answers all samples alike is said to prove nothing", "[convert]") {
  const ScratchFolder folder;
  const ConvertSummary summary = Convert(Conversion(folder, UniformModel(0)));
  REQUIRE_FALSE(summary.warnings.empty());
  CHECK_THAT(summary.warnings.back(), StartsWith("the reference answers all 13 samples alike"));
}

TEST_CASE("A file without integers is not said to have them", "[convert]") {
  const ScratchFolder folder;
  const ConvertSummary summary = Convert(Conversion(folder, UniformModel(1e30F)));
  CHECK(summary.integer_nodes == 0);
  CHECK(summary.mode == "float32: no node could become an integer one");
}

}  // namespace
}  // namespace qconvert
