// Which ranges a file is made with where the network forgives no clipping.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr int64_t kChannels = 8, kLayers = 12;
constexpr size_t kSamples = 40, kValues = 8 * 32 * 32;

/// Layers without biases: what is clipped of the loudest samples is lost in each of them, and the
/// errors add up, while rounding errors average out in the mean at the end.
std::string HomogeneousModel() {
  ModelBuilder model;
  model.Input("x", {"1", "8", "32", "32"});
  std::string last = "x";
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    const std::string w = "w" + std::to_string(layer), c = "c" + std::to_string(layer),
                      r = "r" + std::to_string(layer);
    std::vector<float> weights = NormalFloats(kChannels * kChannels, 300 + layer);
    for (float& weight : weights) weight *= 0.5F;  // keeps the variance through a ReLU
    model.Weights(w, {kChannels, kChannels, 1, 1}, weights);
    model.Node("Conv", {last, w}, {c});
    model.Node("Relu", {c}, {r});
    last = r;
  }
  model.Node("GlobalAveragePool", {last}, {"y"});
  model.Output("y");
  return model.Bytes();
}

/// Returns samples with heavy tails.
///   loudness  of each sample
std::string Samples(const std::vector<float>& loudness) {
  std::vector<float> values;
  Random random(7);
  for (float loud : loudness) {
    for (size_t i = 0; i < kValues; ++i) {
      const float sign = random.Uniform(0, 1) < 0.5F ? -1.0F : 1.0F;
      values.push_back(-sign * loud * std::log(random.Uniform(1e-6F, 1)));
    }
  }
  return FloatNpy("(" + std::to_string(loudness.size()) + ", 1, 8, 32, 32)", values);
}

ConvertOptions Conversion(const ScratchFolder& folder, const std::vector<float>& loudness) {
  ConvertOptions options;
  options.model = folder.Write("m.onnx", HomogeneousModel());
  options.output = folder / "m.tflite";
  options.data.paths = {folder.Write("x.npy", Samples(loudness))};
  options.quiet = true;
  return options;
}

TEST_CASE("Where clipping harms the file, its ranges keep the extremes", "[convert]") {
  const ScratchFolder folder;
  std::vector<float> loudness;
  for (size_t i = 0; i < kSamples; ++i) loudness.push_back(std::exp(0.1F * static_cast<float>(i)));
  ConvertOptions options = Conversion(folder, loudness);
  const ConvertSummary by_default = Convert(options);
  INFO(by_default.calibration);
  CHECK(by_default.calibration.find("min/max (") != std::string::npos);
  CHECK(by_default.calibration.find("where auto gives") != std::string::npos);
  const std::string file = ReadBytes(folder / "m.tflite");
  options.calibration = "min-max";
  const ConvertSummary min_max = Convert(options);
  CHECK(by_default.outputs.at(0).sqnr_db == min_max.outputs.at(0).sqnr_db);
  CHECK((ReadBytes(folder / "m.tflite") == file));
}

TEST_CASE("One broken sample does not decide which ranges a file is made with", "[convert]") {
  const ScratchFolder folder;
  std::vector<float> loudness(kSamples, 1.0F);
  loudness[13] = 1000;
  ConvertOptions options = Conversion(folder, loudness);
  options.effort = 1;
  options.min_sqnr = 0;  // all samples are then compared, the broken one too
  options.allow_undecided = true;
  const ConvertSummary summary = Convert(options);
  INFO(summary.calibration);
  CHECK(summary.calibration.find("auto (") != std::string::npos);
}

}  // namespace
}  // namespace qconvert
