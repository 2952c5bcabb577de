// Conversion for accumulators of few bits, and what the summary says of them.
#include <filesystem>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

/// y = Relu(x w) v, and y x^T where `attends`.
std::string Model(bool attends) {
  ModelBuilder model;
  model.Input("x", {"1", "8", "64"});
  model.Weights("w", {64, 64}, RandomFloats(4096, 1, -1, 1));
  model.Weights("v", {64, 64}, RandomFloats(4096, 2, -1, 1));
  model.Node("MatMul", {"x", "w"}, {"p"}, "first");
  model.Node("Relu", {"p"}, {"r"}, "relu");
  model.Node("MatMul", {"r", "v"}, {"y"}, "second");
  if (attends) {
    auto& perm = *model.Node("Transpose", {"x"}, {"t"}, "transpose").add_attribute();
    perm.set_name("perm");
    perm.set_type(onnx::AttributeProto::INTS);
    for (const int axis : {0, 2, 1}) perm.add_ints(axis);
    model.Node("MatMul", {"y", "t"}, {"z"}, "attention");
  }
  model.Output(attends ? "z" : "y");
  return model.Bytes();
}

struct Fixture {
  ScratchFolder scratch;
  ConvertOptions options;

  explicit Fixture(bool attends) {
    options.model = scratch.Write("model.onnx", Model(attends));
    options.output = scratch / "model.tflite";
    options.data.paths = {scratch.Write("x.npy", FloatNpy("(8, 8, 64)", RandomFloats(4096, 3)))};
    options.quiet = true;
  }
};

TEST_CASE("Every accumulator of a file is proved to have the bits that were asked for",
          "[convert]") {
  Fixture f(/*attends=*/false);
  const ConvertSummary free = Convert(f.options);
  REQUIRE(free.accumulators.size() == 2);
  CHECK(free.accumulators[0].node == "first");
  CHECK(free.accumulators[1].node == "second");
  CHECK(AccumulatorsText(free).empty());
  // Each adds up 64 products of at most 127 and 255: less than 2^21.
  for (const AccumulatorSummary& node : free.accumulators) {
    CHECK(node.bits > 16);
    CHECK(node.bits <= 22);
  }
  f.options.bits = 4;
  f.options.all_layers = true;
  f.options.accumulator_bits = 16;
  const ConvertSummary fitted = Convert(f.options);
  for (const AccumulatorSummary& node : fitted.accumulators) CHECK(node.bits <= 16);
  CHECK(AccumulatorsText(fitted).find("16 bits hold the sums of all 2 nodes") == 0);
}

TEST_CASE("Products of activations that an accumulator may not hold are refused", "[convert]") {
  Fixture f(/*attends=*/true);
  f.options.accumulator_bits = 20;
  CHECK_THAT(ErrorOf([&] { Convert(f.options); }),
             IsError(ErrorKind::kUnsupported,
                     "node 'attention' (BatchMatMul) adds up products of two activations"));
  CHECK_FALSE(std::filesystem::exists(f.options.output));
  f.options.exclude = "attention";
  CHECK(Convert(f.options).float_nodes.size() == 1);
}

}  // namespace
}  // namespace qconvert
