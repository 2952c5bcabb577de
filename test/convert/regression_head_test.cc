// Networks whose answer is one number: every sample's smallest and largest are the same.
#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 64, kPixels = 3 * 16 * 16;

/// y = v . mean over the picture of Relu(Conv(x))
std::string RegressionModel() {
  ModelBuilder model;
  model.Input("x", {"1", "3", "16", "16"});
  model.Weights("w", {8, 3, 3, 3}, RandomFloats(216, 1, -0.5F, 0.5F));
  model.Weights("v", {8, 1}, RandomFloats(8, 2));
  auto& conv = model.Node("Conv", {"x", "w"}, {"c"});
  auto& pads = *conv.add_attribute();
  pads.set_name("pads");
  pads.set_type(onnx::AttributeProto::INTS);
  for (int i = 0; i < 4; ++i) pads.add_ints(1);
  model.Node("Relu", {"c"}, {"r"});
  model.Node("GlobalAveragePool", {"r"}, {"g"});
  model.Node("Flatten", {"g"}, {"f"});
  model.Node("MatMul", {"f", "v"}, {"y"});
  model.Output("y");
  return model.Bytes();
}

/// Pictures of different brightness and contrast, so that the answers differ.
std::vector<float> Pictures() {
  Random random(3);
  std::vector<float> values;
  for (size_t i = 0; i < kSamples; ++i) {
    const float contrast = random.Uniform(0.2F, 3);
    for (size_t channel = 0; channel < 3; ++channel) {
      const float brightness = random.Uniform(-2, 2);
      for (size_t k = 0; k < kPixels / 3; ++k) {
        values.push_back(brightness + contrast * random.Uniform(-1, 1));
      }
    }
  }
  return values;
}

TEST_CASE("No calibration clips a network's only answer", "[convert]") {
  const std::optional<std::string> method =
      GENERATE(as<std::optional<std::string>>{}, std::nullopt, "min-max", "moving-average");
  const ScratchFolder folder;
  ConvertOptions options;
  options.model = folder.Write("m.onnx", RegressionModel());
  options.output = folder / "m.tflite";
  options.data.paths = {folder.Write("x.npy", FloatNpy("(64, 3, 16, 16)", Pictures()))};
  options.calibration = method;
  options.quiet = true;
  Convert(options);
  EvaluateOptions evaluate;
  evaluate.reference = options.model;
  evaluate.candidate = options.output;
  evaluate.data = options.data;
  evaluate.quiet = true;
  const EvaluateSummary summary = Evaluate(evaluate);
  INFO(method.value_or("default"));
  REQUIRE(summary.samples == kSamples);
  // 256 steps over the answers leave an error of a thousandth of their power at most; clipped to
  // the mean answer, half of them are wrong by as much as they vary: that is about 5 dB.
  CHECK(summary.outputs.at(0).sqnr_db > 35);
}

TEST_CASE("A calibration that there is not is refused before any work", "[convert]") {
  ConvertOptions options;
  options.model = "no such file";
  options.calibration = "best";
  CHECK_THAT(ErrorOf([&] { Convert(options); }),
             IsError(ErrorKind::kUsage, "there is no calibration 'best'"));
}

}  // namespace
}  // namespace qconvert
