// --effort 2: what it tries, what it keeps, and that the summary says so.
#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/convert/treatments.h"
#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr int64_t kWidth = 32;
constexpr size_t kSamples = 60;

/// Two layers with a ReLU between them. The channels of the first are multiplied by 2^u, u in
/// [-5, 5], and the second divides by the same: float computes what it would without, and one scale
/// for a layer is too coarse for most of its channels.
std::string Patient() {
  std::vector<float> first = RandomFloats(kWidth * kWidth, 1, -1, 1),
                     bias = RandomFloats(kWidth, 2, -1, 1),
                     second = RandomFloats(kWidth * kWidth, 3, -1, 1);
  for (int64_t channel = 0; channel < kWidth; ++channel) {
    const float scale = std::exp2(static_cast<float>(channel % 11 - 5));
    for (int64_t i = 0; i < kWidth; ++i) {
      first[static_cast<size_t>(i * kWidth + channel)] *= scale;
      second[static_cast<size_t>(channel * kWidth + i)] /= scale;
    }
    bias[static_cast<size_t>(channel)] *= scale;
  }
  ModelBuilder model;
  model.Input("x", {"1", "32"});
  model.Weights("w1", {kWidth, kWidth}, first);
  model.Weights("b1", {kWidth}, bias);
  model.Weights("w2", {kWidth, kWidth}, second);
  model.Node("Gemm", {"x", "w1", "b1"}, {"g"}, "first");
  model.Node("Relu", {"g"}, {"r"});
  model.Node("Gemm", {"r", "w2"}, {"y"}, "second");
  model.Output("y");
  return model.Bytes();
}

ConvertOptions Conversion(const ScratchFolder& folder, int effort) {
  ConvertOptions options;
  options.model = folder.Write("m.onnx", Patient());
  options.output = folder / "m.tflite";
  options.data.paths = {
      folder.Write("x.npy", FloatNpy("(60, 1, 32)", RandomFloats(kSamples * kWidth, 5, -2, 2)))};
  options.granularity = ConvertOptions::Granularity::kPerLayer;
  options.effort = effort;
  options.quiet = true;
  return options;
}

const TrialSummary& TrialOf(const ConvertSummary& summary, const std::string& flag) {
  const auto& trials = summary.treatment->trials;
  const auto found = std::ranges::find(trials, flag, &TrialSummary::flag);
  REQUIRE(found != trials.end());
  return *found;
}

std::vector<std::string> FlagsFor(const ConvertOptions& given, double sqnr_db = 10) {
  std::vector<std::string> flags;
  for (const TreatmentGroup& group : TreatmentsFor(given)) {
    if (sqnr_db >= group.below_db) continue;
    for (const Treatment& treatment : group.treatments) flags.push_back(treatment.flag);
  }
  return flags;
}

TEST_CASE("Effort 2 cures a network that one scale per layer ruins", "[convert]") {
  const ScratchFolder folder;
  const ConvertSummary plain = Convert(Conversion(folder, 1));
  const ConvertSummary treated = Convert(Conversion(folder, 2));
  REQUIRE(treated.treatment);
  CHECK(treated.treatment->untreated.samples == kSamples / 3);
  CHECK(TrialOf(treated, "--equalize").kept);
  CHECK(treated.outputs.front().sqnr_db > plain.outputs.front().sqnr_db + 10);
  CHECK(!treated.equalization.empty());
  // The file is near then, so few samples choose no range method.
  const auto chooses = [](const TrialSummary& trial) {
    return trial.flag.starts_with("--calibration");
  };
  CHECK(TrialOf(treated, "--equalize").nearness.sqnr_db > 25);
  CHECK(std::ranges::none_of(treated.treatment->trials, chooses));
}

TEST_CASE("Each treatment that is kept is nearer than all before", "[convert]") {
  const ScratchFolder folder;
  const ConvertSummary summary = Convert(Conversion(folder, 2));
  double best = summary.treatment->untreated.sqnr_db;
  for (const TrialSummary& trial : summary.treatment->trials) {
    if (!trial.kept) continue;
    CHECK(trial.nearness.sqnr_db >= best + 0.1);
    best = trial.nearness.sqnr_db;
  }
  CHECK(ToText(*summary.treatment).find("kept --equalize (+") != std::string::npos);
}

TEST_CASE("The budget bounds the files, and what it does not reach is named", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, 2);
  options.budget = 1;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.treatment->files == 1);
  CHECK(summary.treatment->trials.empty());
  CHECK(summary.treatment->passed_over.front() == "--equalize");
  CHECK(ToText(*summary.treatment).find("the budget does not reach --equalize, ") !=
        std::string::npos);
}

TEST_CASE("The same file twice, for any number of threads", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, 2);
  options.threads = 1;
  Convert(options);
  const std::string once = ReadBytes(options.output);
  options.threads = 3;
  Convert(options);
  CHECK(ReadBytes(options.output) == once);
}

TEST_CASE("Effort 3 tries blocks last, and they are kept where they are nearer", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, 3);
  options.bits = 4;
  options.all_layers = true;
  const ConvertSummary summary = Convert(options);
  const TrialSummary& blocks = TrialOf(summary, "--rounding blocks");
  CHECK(&blocks == &summary.treatment->trials.back());
  CHECK(blocks.kept == summary.reconstruction.has_value());
}

TEST_CASE("A reconstruction says what it did, in words and in JSON", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, 1);
  options.bits = 4;
  options.all_layers = true;
  options.rounding = "blocks";
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.reconstruction);
  CHECK(summary.reconstruction->blocks == 1);  // a chain of two layers
  CHECK(summary.reconstruction->samples == kSamples - summary.checked_samples);
  CHECK(summary.rounding.starts_with("blocks, 1000 iterations each on 40 samples"));
  CHECK(ToJson(summary).find("\"left_out\": []") != std::string::npos);
  CHECK(summary.trials == 0);  // a cure would make a file for each trial
}

TEST_CASE("Activations that do not fit the memory name the flag that helps", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Conversion(folder, 1);
  ModelBuilder model;
  model.Input("x", {"1", "1", "600", "600"});
  model.Weights("w", {1, 1, 1, 1}, {1});
  model.Node("Conv", {"x", "w"}, {"y"});
  model.Output("y");
  options.model = folder.Write("large.onnx", model.Bytes());
  options.data.paths = {
      folder.Write("large.npy", FloatNpy("(4, 1, 1, 600, 600)", RandomFloats(4 * 360000, 5)))};
  options.rounding = "blocks";
  options.memory_mib = 1;
  CHECK_THAT(ErrorOf([&] { Convert(options); }), IsError(ErrorKind::kUnusable, "raise --memory"));
}

TEST_CASE("What the user sets is not treated", "[convert]") {
  ConvertOptions given;
  const std::vector<std::string> all = FlagsFor(given);
  CHECK(std::ranges::count(all, "--rounding gptq") == 1);
  CHECK(std::ranges::count(all, "--calibration min-max") == 1);
  CHECK(std::ranges::count(all, "--calibration auto") == 0);
  CHECK(std::ranges::count(FlagsFor(given, 30), "--calibration min-max") == 0);
  CHECK(std::ranges::count(all, "--rounding blocks") == 0);
  given.effort = 3;
  CHECK(FlagsFor(given).back() == "--rounding blocks");
  given.equalize = true;
  given.rounding = "nearest";
  given.percentile = 99;
  given.weight_scale = "max";
  CHECK(FlagsFor(given) == std::vector<std::string>{"--bias-correction none"});
}

}  // namespace
}  // namespace qconvert
