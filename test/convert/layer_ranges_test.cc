// What --layers says of a file's integers.
#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

TEST_CASE("Layers of an integer file tell scale, zero point, and how their range is used",
          "[convert]") {
  const ScratchFolder folder;
  const std::string data = std::string(QCONVERT_TESTDATA) + "/fashion_mnist/";
  const PictureOptions pictures{.mean = {0.2860F}, .std = {0.3530F}};
  ConvertOptions convert;
  convert.model = data + "resnet.onnx";
  convert.output = folder / "r.tflite";
  convert.data = {{data + "calibration"}, 8, pictures};
  convert.calibration = "min-max";
  convert.quiet = true;
  Convert(convert);
  EvaluateOptions options;
  options.reference = convert.model;
  options.candidate = convert.output;
  options.data = convert.data;  // the samples that it was calibrated on
  options.layers = options.quiet = true;
  const EvaluateSummary summary = Evaluate(options);
  REQUIRE(summary.layers.size() > 5);
  for (const LayerSummary& layer : summary.layers) {
    INFO(layer.node);
    REQUIRE(layer.scale);
    CHECK(*layer.scale > 0);
    CHECK(*layer.zero_point >= -128);
    CHECK(*layer.zero_point <= 127);
    CHECK(*layer.share_at_ends <= 0.01);  // ranges reach to the outermost values of these samples
    CHECK(*layer.share_used > 0.5);
    CHECK(*layer.share_used <= 1);
  }
}

}  // namespace
}  // namespace qconvert
