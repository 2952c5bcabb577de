// --search and --recipe: what is found meets the target, can be made again, and can be gone on
// with.
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

constexpr int64_t kWidth = 64;
constexpr int kLayers = 4;
constexpr size_t kSamples = 60;

/// Layers with a ReLU between them.
std::string Network() {
  ModelBuilder model;
  model.Input("x", {"1", "64"});
  std::string last = "x";
  for (int i = 0; i < kLayers; ++i) {
    const std::string n = std::to_string(i);
    model.Weights("w" + n, {kWidth, kWidth},
                  RandomFloats(kWidth * kWidth, static_cast<uint32_t>(i + 1), -1, 1));
    model.Node("Gemm", {last, "w" + n}, {"g" + n}, "layer" + n);
    last = "g" + n;
    if (i + 1 == kLayers) break;
    model.Node("Relu", {last}, {"r" + n}, "relu" + n);
    last = "r" + n;
  }
  model.Node("Identity", {last}, {"y"});
  model.Output("y");
  return model.Bytes();
}

ConvertOptions Search(const ScratchFolder& folder) {
  ConvertOptions options;
  options.model = folder.Write("m.onnx", Network());
  options.output = folder / "m.tflite";
  options.data.paths = {
      folder.Write("x.npy", FloatNpy("(60, 1, 64)", RandomFloats(kSamples * kWidth, 9, -2, 2)))};
  options.search = true;
  options.min_sqnr = 30;
  options.budget = 30;
  options.quiet = true;
  return options;
}

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

ConvertOptions ByRecipe(const ScratchFolder& folder) {
  ConvertOptions options = Search(folder);
  options.search = false;
  options.min_sqnr.reset();
  options.budget.reset();
  options.output = folder / "again.tflite";
  options.recipe = folder / "m.recipe.json";
  return options;
}

}  // namespace

TEST_CASE("a search meets its target with less than 8 bits for all", "[convert]") {
  const ScratchFolder folder;
  const ConvertSummary summary = Convert(Search(folder));
  REQUIRE(summary.search);
  CHECK(summary.search->groups == kLayers);
  CHECK(summary.search->files <= 30);
  CHECK(summary.search->best.meets);
  CHECK(summary.search->best.sqnr_db >= 30);
  CHECK(summary.search->calibrating + summary.search->deciding + summary.search->judging ==
        kSamples);
  CHECK(summary.checked_samples == summary.search->judging);
  const auto is_whole_int8 = [](const SearchPointSummary& point) {
    return point.layers == std::map<std::string, size_t>{{"int8", kLayers}};
  };
  for (const SearchPointSummary& point : summary.search->pareto) {
    if (is_whole_int8(point) && point.meets) CHECK(summary.search->best.bytes <= point.bytes);
  }
}

TEST_CASE("a recipe makes the same file again, byte for byte", "[convert]") {
  const ScratchFolder folder;
  Convert(Search(folder));
  const ConvertSummary again = Convert(ByRecipe(folder));
  CHECK((BytesOf(folder / "again.tflite") == BytesOf(folder / "m.tflite")));  // not their text
  CHECK(again.warnings.empty());
}

TEST_CASE("a search begins with the equalized network, and so does its recipe", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions search = Search(folder);
  search.equalize = true;
  const ConvertSummary summary = Convert(search);
  CHECK(summary.search->best.meets);
  CHECK_THAT(summary.equalization, Contains("chains kept"));
  ConvertOptions again = ByRecipe(folder);
  again.equalize = true;
  CHECK(Convert(again).warnings.empty());
  CHECK((BytesOf(folder / "again.tflite") == BytesOf(folder / "m.tflite")));  // not their text
}

TEST_CASE("other samples than a recipe was found on are warned of", "[convert]") {
  const ScratchFolder folder;
  Convert(Search(folder));
  ConvertOptions options = ByRecipe(folder);
  options.data.samples = 30;
  const ConvertSummary summary = Convert(options);
  REQUIRE_FALSE(summary.warnings.empty());
  CHECK_THAT(summary.warnings.back() + summary.warnings.front(), Contains("the recipe was found"));
}

TEST_CASE("a search that goes on ends in the file of one that was never stopped", "[convert]") {
  const ScratchFolder folder;
  Convert(Search(folder));
  ConvertOptions options = Search(folder);
  options.output = folder / "parts.tflite";
  options.state = folder / "search.json";
  options.budget = 9;
  Convert(options);
  options.budget = 30;
  options.resume = true;
  Convert(options);
  CHECK((BytesOf(folder / "parts.tflite") == BytesOf(folder / "m.tflite")));  // not their text
  options.min_sqnr = 31;
  CHECK_THAT(ErrorOf([&] { Convert(options); }).what(), Contains("another search"));
}

TEST_CASE("a target that no choice meets writes nothing", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = Search(folder);
  options.precisions = {"int4"};
  options.min_sqnr = 60;
  const Error error = ErrorOf([&] { Convert(options); });
  CHECK(error.kind() == ErrorKind::kGateFailed);
  CHECK_THAT(error.what(), Contains("none of") && Contains("--precisions"));
  CHECK(folder.Names() == std::set<std::string>{"m.onnx", "x.npy"});
}

TEST_CASE("a search needs a target, samples and names that there are", "[convert]") {
  const ScratchFolder folder;
  const auto why = [&](const auto& change) {
    ConvertOptions options = Search(folder);
    change(options);
    const Error error = ErrorOf([&] { Convert(options); });
    CHECK(error.kind() == ErrorKind::kUsage);
    return std::string(error.what());
  };
  CHECK_THAT(why([](ConvertOptions& o) { o.min_sqnr.reset(); }), Contains("target"));
  CHECK_THAT(why([](ConvertOptions& o) { o.data.paths.clear(); }), Contains("--search"));
  CHECK_THAT(why([](ConvertOptions& o) { o.data.samples = 20; }), Contains("24"));
  CHECK_THAT(why([](ConvertOptions& o) { o.strategy = "luck"; }), Contains("greedy"));
  CHECK_THAT(why([](ConvertOptions& o) { o.precisions = {"int3"}; }), Contains("int4"));
  CHECK_THAT(why([](ConvertOptions& o) { o.bits = 4; }), Contains("--bits"));
  CHECK_THAT(why([](ConvertOptions& o) { o.resume = true; }), Contains("--state"));
  CHECK_THAT(why([](ConvertOptions& o) {
               o.search = false;
               o.strategy = "greedy";
             }),
             Contains("--search"));
}

TEST_CASE("a recipe by hand gives layers what its rows say", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = ByRecipe(folder);
  options.recipe = folder.Write("hand.json", R"({"rows": [
      {"regex": "layer1", "weights": "int4", "rounding": "gptq"},
      {"regex": "layer2", "weights": "float32"},
      {"regex": "layer3", "calibration": "min-max"}]})");
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.float_nodes.size() == 1);
  CHECK(summary.float_nodes.front().name == "layer2");
  CHECK(summary.float_nodes.front().reason == "by the recipe");
  CHECK_THAT(summary.rounding, Contains("gptq"));
  options.recipe =
      folder.Write("wrong.json", R"({"rows": [{"regex": "layer9", "weights": "int4"}]})");
  CHECK_THAT(ErrorOf([&] { Convert(options); }).what(), Contains("layer9"));
}

TEST_CASE("a recipe without its samples, or beside float arithmetic, is refused", "[convert]") {
  const ScratchFolder folder;
  const std::string rows = folder.Write(
      "int8.json", R"({"rows": [{"regex": "layer", "weights": "int8", "activations": "int8"}],
                       "samples": {"count": 60, "hash": "0"}, "calibration": "auto"})");
  const auto why = [&](const auto& change) {
    ConvertOptions options = ByRecipe(folder);
    options.recipe = rows;
    change(options);
    const Error error = ErrorOf([&] { Convert(options); });
    CHECK(error.kind() == ErrorKind::kUsage);
    return std::string(error.what());
  };
  CHECK_THAT(why([](ConvertOptions& o) { o.data.paths.clear(); }), Contains("drop --recipe"));
  using Mode = ConvertOptions::Mode;
  for (const Mode mode : {Mode::kFloat, Mode::kWeightsOnly, Mode::kDynamic}) {
    CHECK_THAT(why([&](ConvertOptions& o) { o.mode = mode; }),
               Contains("computes in float") && Contains("drop --recipe"));
  }
}

TEST_CASE("with labels a conversion is judged by its top-1", "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options = ByRecipe(folder);
  options.recipe.clear();
  std::string labels;
  for (size_t i = 0; i < kSamples; ++i) labels += std::to_string(i % 64) + "\n";
  options.labels = folder.Write("labels.txt", labels);
  options.max_drop = 100;
  const ConvertSummary summary = Convert(options);
  REQUIRE(summary.accuracy);
  REQUIRE_FALSE(summary.gates.empty());
  CHECK(summary.gates.front().gate == "max-drop");
}

}  // namespace qconvert
