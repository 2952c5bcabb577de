// Conversion of a network that synthetic inputs drive out of the reals.
#include <filesystem>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

/// y = Log(x) w, NaN for negative x.
std::string LogarithmModel() {
  ModelBuilder model;
  model.Input("x", {"1", "64"});
  model.Weights("w", {64, 4}, RandomFloats(256, 1));
  model.Node("Log", {"x"}, {"l"}, "log");
  model.Node("MatMul", {"l", "w"}, {"y"}, "matmul");
  model.Output("y");
  return model.Bytes();
}

TEST_CASE("Where made-up inputs fail, samples are asked for", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options;
  options.model = scratch.Write("log.onnx", LogarithmModel());
  options.output = scratch / "log.tflite";
  options.quiet = true;
  SECTION("integer arithmetic cannot do without ranges") {
    CHECK_THAT(ErrorOf([&] { Convert(options); }),
               IsError(ErrorKind::kUnusable,
                       "node 'log': tensor 'l' becomes NaN or infinite on "
                       "sample 0, which was made up; give real ones by --data"));
    CHECK_FALSE(std::filesystem::exists(options.output));
  }
  SECTION("weights only need no samples") {
    options.mode = ConvertOptions::Mode::kWeightsOnly;
    const ConvertSummary summary = Convert(options);
    CHECK(summary.integer_nodes == 1);
    REQUIRE(summary.warnings.size() == 1);
    CHECK(summary.warnings[0].find("weight scales stay max|w| / limit") == 0);
  }
}

}  // namespace
}  // namespace qconvert
