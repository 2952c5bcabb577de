// Conversion of networks that are quantized already, in every mode.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/onnx/model_builder.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr float kScale = 0.02F;
constexpr int kZeroPoint = 100;

/// x -> QuantizeLinear -> Cast -> DequantizeLinear -> Relu -> MatMul, as PyTorch exported it.
std::string QuantizedModel(int type) {
  ModelBuilder model;
  model.Input("x", {"1", "64"});
  model.Weights("scale", {}, {kScale});
  auto& zero_point = *model.graph().add_initializer();
  zero_point.set_name("zero_point");
  zero_point.set_data_type(type);
  zero_point.add_int32_data(kZeroPoint);
  model.Weights("w", {64, 8}, RandomFloats(512, 1));
  model.Node("QuantizeLinear", {"x", "scale", "zero_point"}, {"q"}, "quantize");
  auto& to = *model.Node("Cast", {"q"}, {"c"}, "cast").add_attribute();
  to.set_name("to");
  to.set_type(onnx::AttributeProto::INT);
  to.set_i(type);
  model.Node("DequantizeLinear", {"c", "scale", "zero_point"}, {"d"}, "dequantize");
  model.Node("Relu", {"d"}, {"r"}, "relu");
  model.Node("MatMul", {"r", "w"}, {"y"}, "matmul");
  model.Output("y");
  return model.Bytes();
}

/// Returns the least SQNR in dB of y = sum of r w over 64 terms whose roundings are independent and
/// off by half a step each. Powers are relative to that of y, 64 E[r^2] E[w^2].
double LeastSqnr() {
  const double result = std::pow(8.0 / 255 / 2, 2);          // 64 results span 8 deviations
  const double operand = std::pow(1.0 / 255 / 2, 2) / 0.08;  // r in [0, 1), E[r^2] > 0.08
  const double weights = std::pow(1.0 / 127 / 2, 2) * 3;     // w in [-1, 1), E[w^2] = 1/3
  return -10 * std::log10(result + operand + weights);
}

struct Fixture {
  ScratchFolder scratch;
  ConvertOptions options;

  explicit Fixture(int type) {
    options.model = scratch.Write("quantized.onnx", QuantizedModel(type));
    options.output = scratch / "quantized.tflite";
    options.data.paths = {scratch.Write("x.npy", FloatNpy("(8, 64)", RandomFloats(512, 2)))};
    options.quiet = true;
  }
};

TEST_CASE("Networks that are quantized already keep their parameters, and say so", "[convert]") {
  for (const int type : {onnx::TensorProto::INT8, onnx::TensorProto::UINT8}) {
    Fixture f(type);
    const ConvertSummary summary = Convert(f.options);
    CHECK(summary.float_nodes.empty());
    CHECK(summary.integer_nodes == 2);
    CHECK(summary.warnings.empty());
    CHECK(summary.quantization == "the model's own, of 1 tensors");
    CHECK(summary.outputs.at(0).sqnr_db > LeastSqnr());
  }
}

TEST_CASE("What a quantized network gives no range stays float without samples", "[convert]") {
  Fixture f(onnx::TensorProto::INT8);
  f.options.data.paths.clear();
  const ConvertSummary summary = Convert(f.options);
  REQUIRE(summary.float_nodes.size() == 1);
  CHECK(summary.float_nodes[0].name == "matmul");
  CHECK(summary.float_nodes[0].reason == "nothing gives 'y' a range; samples would, by --data");
  CHECK(summary.calibration == "none: the ranges are the model's own");
}

TEST_CASE("What would take a quantized network off its grids is refused", "[convert]") {
  Fixture f(onnx::TensorProto::INT8);
  f.options.equalize = true;
  CHECK_THAT(ErrorOf([&] { Convert(f.options); }),
             IsError(ErrorKind::kUsage, "quantized already; drop --equalize"));
  f.options.equalize = false;
  f.options.rounding = "gptq";
  CHECK_THAT(ErrorOf([&] { Convert(f.options); }),
             IsError(ErrorKind::kUsage, "quantized already; drop --rounding gptq"));
  f.options.rounding.reset();
  f.options.effort = 2;
  CHECK_THAT(ErrorOf([&] { Convert(f.options); }),
             IsError(ErrorKind::kUsage, "quantized already; drop --effort 2"));
}

TEST_CASE("A network that is quantized already is not trained", "[convert]") {
  Fixture f(onnx::TensorProto::INT8);
  TuneOptions options;
  options.convert = f.options;
  CHECK_THAT(ErrorOf([&] { Tune(options); }),
             IsError(ErrorKind::kUnsupported, "quantized already; train its float original"));
}

/// x -> DynamicQuantizeLinear -> MatMulInteger -> its scales, as ONNX Runtime writes it.
TEST_CASE("A network that rounds activations at run time goes on doing so", "[convert]") {
  ModelBuilder model;
  model.Input("x", {"1", "64"});
  model.Weights("ws", {}, {0.01F});
  auto& weights = *model.graph().add_initializer();
  weights.set_name("w");
  weights.set_data_type(onnx::TensorProto::INT8);
  for (const int64_t dim : {64, 64}) weights.add_dims(dim);
  for (int i = 0; i < 64 * 64; ++i) weights.add_int32_data(i * 37 % 255 - 127);
  model.Node("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"}, "round");
  model.Node("MatMulInteger", {"q", "w", "zero"}, {"sums"}, "product");
  auto& to = *model.Node("Cast", {"sums"}, {"c"}, "cast").add_attribute();
  to.set_name("to");
  to.set_type(onnx::AttributeProto::INT);
  to.set_i(onnx::TensorProto::FLOAT);
  model.Node("Mul", {"scale", "ws"}, {"s"}, "scales");
  model.Node("Mul", {"c", "s"}, {"y"}, "scaled");
  model.Output("y");
  const ScratchFolder scratch;
  ConvertOptions options;
  options.model = scratch.Write("dynamic.onnx", model.Bytes());
  options.output = scratch / "dynamic.tflite";
  options.quiet = true;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.mode.find("activations rounded at run time") != std::string::npos);
  CHECK(summary.quantization == "the model's own, of activations at run time");
  CHECK(summary.warnings.empty());
}

TEST_CASE("Every mode takes a network that is quantized already", "[convert]") {
  Fixture f(onnx::TensorProto::UINT8);
  SECTION("8-bit inputs and outputs") { f.options.io = ConvertOptions::Io::kInt8; }
  SECTION("uint8 inputs and outputs") { f.options.io = ConvertOptions::Io::kUInt8; }
  SECTION("one scale per layer") { f.options.granularity = ConvertOptions::Granularity::kPerLayer; }
  SECTION("4-bit weights") { f.options.bits = 4; }
  SECTION("weights only") { f.options.mode = ConvertOptions::Mode::kWeightsOnly; }
  SECTION("float") { f.options.mode = ConvertOptions::Mode::kFloat; }
  CHECK(Convert(f.options).output_bytes > 0);
}

}  // namespace
}  // namespace qconvert
