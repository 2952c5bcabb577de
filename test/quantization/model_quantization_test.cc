// What an integer file keeps of a quantized model's own parameters.
#include "lib/quantization/model_quantization.h"

#include <catch2/catch.hpp>

#include "lib/ops/fold.h"
#include "lib/passes/passes.h"
#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Returns weights [O, 1, 1, I] as the importer evaluates them from integers.
template <typename T>
Tensor Dequantized(const std::vector<T>& integers, int64_t outputs, const QuantParams& quant) {
  const auto inputs = static_cast<int64_t>(integers.size()) / outputs;
  const Tensor stored = MakeConstantTensor<T>("stored", {outputs, 1, 1, inputs}, integers);
  const Node node("w", DequantizeLinear{quant}, {0}, {1});
  const Tensor* operands[] = {&stored};
  std::vector<Tensor> results = InferOutputs(node, operands);
  EvaluateConstants(node, operands, results);
  results[0].name = "w";
  return results[0];
}

/// x -> pair -> Conv2D -> pair -> y with these weights.
Quantized Convert(const Tensor& weights, const std::vector<float>& bias,
                  const QuantizeOptions& options = {}) {
  GraphBuilder b;
  const auto pair = [&](TensorId x, const QuantParams& quant, const std::string& name) {
    return b.Emit(DequantizeLinear{quant},
                  {b.Emit(QuantizeLinear{.quant = quant}, {x}, name + "/q")}, name);
  };
  const TensorId x = pair(b.Input("x", {1, 2, 2, weights.shape[3]}), PerLayer(0.03F, 5), "x/real");
  const TensorId w = b.Add(weights);
  const TensorId c = b.Constant<float>("bias", {weights.shape[0]}, bias);
  b.Output(pair(b.Emit(Conv2D{}, {x, w, c}, "conv"), PerLayer(0.07F, -9), "y"));
  Graph graph = b.Build();
  LiftQuantization(graph);
  Ranges ranges;
  TakeRangesOfGrids(graph, ranges);
  return MakeIntegerOn(graph, ranges, options);
}

TEST_CASE("Activations, weights and biases keep the model's integers without samples",
          "[quantization]") {
  const std::vector<int8_t> integers = {100, -3, 64, 5, 127, -127};
  const std::vector<float> scales = {0.013F, 0.0007F};
  const Tensor weights = Dequantized(integers, 2, {scales, {0, 0}, 0});
  const std::vector<float> bias = {1234 * (0.03F * scales[0]), -77 * (0.03F * scales[1])};
  const Quantized q = Convert(weights, bias);
  CHECK(q.Kinds() == "Quantize Conv2D Dequantize");
  CHECK(q.Params("y") == PerLayer(0.07F, -9));
  CHECK(q.Params("x/int8") == PerLayer(0.03F, 5));
  CHECK(q.Params("w").scales == scales);
  const auto kept = q["w"].Values<int8_t>();
  CHECK(std::vector<int8_t>(kept.begin(), kept.end()) == integers);
  const auto kept_bias = q["bias"].Values<int32_t>();
  CHECK(std::vector<int32_t>(kept_bias.begin(), kept_bias.end()) ==
        std::vector<int32_t>{1234, -77});
  CHECK(q.report.warnings.empty());
  CHECK(q.report.float_nodes.empty());
}

TEST_CASE("uint8 weights around 128 keep their integers less 128", "[quantization]") {
  const Tensor weights = Dequantized<uint8_t>({1, 255, 128, 130}, 2, PerLayer(0.25F, 128));
  const Quantized q = Convert(weights, {0, 0});
  const auto kept = q["w"].Values<int8_t>();
  CHECK(std::vector<int8_t>(kept.begin(), kept.end()) == std::vector<int8_t>{-127, 127, 0, 2});
  CHECK(q.Params("w").scales == std::vector<float>{0.25F, 0.25F});
}

TEST_CASE("-128, which kernels do not take as a weight, becomes -127", "[quantization]") {
  const Quantized q = Convert(Dequantized<int8_t>({-128, 100}, 1, PerLayer(0.5F, 0)), {0});
  const auto kept = q["w"].Values<int8_t>();
  CHECK(std::vector<int8_t>(kept.begin(), kept.end()) == std::vector<int8_t>{-127, 100});
  CHECK(q.Params("w").scales == std::vector<float>{0.5F});
}

TEST_CASE("Channels that a zero point moves out of int8 are rounded anew, and named",
          "[quantization]") {
  const Tensor weights = Dequantized<uint8_t>({0, 255, 90, 100}, 2, PerLayer(0.5F, 100));
  const Quantized q = Convert(weights, {0, 0});
  CHECK(q.Params("w").scales[0] == Approx(0.5F * 155 / 127));
  CHECK(q.Params("w").scales[1] == 0.5F);
  CHECK(q["w"].Values<int8_t>()[2] == -10);
  REQUIRE(q.report.warnings.size() == 1);
  CHECK(q.report.warnings[0].find("weights of 1 layers are rounded anew") == 0);
  CHECK(q.report.warnings[0].find("conv") != std::string::npos);
}

TEST_CASE("One scale per layer keeps integers that have one", "[quantization]") {
  const Tensor weights = Dequantized<int8_t>({7, 100, -3, 2}, 2, PerLayer(0.5F, 0));
  const Quantized q = Convert(weights, {0, 0}, {.plan = {.per_channel = false}});
  CHECK(q.Params("w") == PerLayer(0.5F, 0));
  CHECK(q["w"].Values<int8_t>()[3] == 2);
}

TEST_CASE("Scaling output channels takes their grids along", "[quantization]") {
  GraphBuilder b;
  const Tensor weights = Dequantized<int8_t>({7, 100, -3, 2}, 2, PerLayer(0.5F, 0));
  const TensorId conv = b.Emit(
      Conv2D{}, {b.Input("x", {1, 2, 2, 2}), b.Add(weights), b.Constant<float>("c", {2}, {1, 2})});
  b.Output(b.Emit(Mul{}, {conv, b.Constant<float>("scale", {2}, {3, -0.25F})}, "y"));
  Graph graph = b.Build();
  FoldAffine(graph);
  REQUIRE(graph.nodes().size() == 1);
  const Tensor& scaled = graph.tensor(graph.nodes().front().input(1));
  const OwnWeightScales own = OwnScalesOf(scaled, {});
  REQUIRE(own.keep_all());
  CHECK(own.scales == std::vector<AffineParams>{{1.5F, 0}, {0.125F, 0}});
}

TEST_CASE("A float node reads what the model's pair leaves of a tensor", "[quantization]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.01F, -128);  // saturates at 0, in place of a Relu
  const TensorId n = b.Emit(Abs{}, {b.Emit(Sin{}, {b.Input("x", {2, 3})}, "sine")}, "n");
  const TensorId q = b.Emit(QuantizeLinear{.quant = quant}, {n}, "q");
  b.Output(b.Emit(Sin{}, {b.Emit(DequantizeLinear{quant}, {q}, "d")}, "y"));
  Graph graph = b.Build();
  LiftQuantization(graph);
  QuantizeOptions options;
  options.exclude = "n";
  CHECK(MakeInteger(graph, options).Kinds() == "Sin Abs Quantize Dequantize Sin");
}

TEST_CASE("A pair that asks for other parameters than its operand has is a QUANTIZE",
          "[quantization]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.01F, 3);
  const TensorId p = b.Emit(Softmax{}, {b.Emit(Abs{}, {b.Input("x", {2, 3})}, "a")}, "p");
  const TensorId q = b.Emit(QuantizeLinear{.quant = quant}, {p}, "q");
  b.Output(b.Emit(Abs{}, {b.Emit(DequantizeLinear{quant}, {q}, "d")}, "y"));
  Graph graph = b.Build();
  LiftQuantization(graph);
  const Quantized result = MakeInteger(graph);
  CHECK(result.Kinds() == "Quantize Abs Softmax Quantize Abs Dequantize");
  CHECK(result.Params("p") == PerLayer(1.0F / 256, -128));
  CHECK(result.Params("d") == quant);
  CHECK(result.report.float_nodes.empty());
}

}  // namespace
}  // namespace qconvert
