#include <cmath>

#include <catch2/catch.hpp>

#include "lib/passes/verify.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

Quantized Shrink(const Graph& graph, QuantizeOptions options = {}) {
  options.precision.activations = ActivationPrecision::kFloat32;
  Quantized result = MakeIntegerOn(graph, {}, options);
  VerifyGraph(result.graph);
  return result;
}

/// x [3, 64] -> FullyConnected "y", with weights "w" [8, 64] and a bias.
Graph OneLayer() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {3, 64});
  return b.Output(b.Emit(FullyConnected{}, {x, b.Random("w", {8, 64}), b.Random("bias", {8})}, "y"))
      .Build();
}

TEST_CASE("Weights are stored small, arithmetic stays float", "[quantization]") {
  const Quantized q = Shrink(OneLayer());
  CHECK(q.Kinds() == "Dequantize FullyConnected");
  CHECK(q.report.integer_nodes == 1);
  const Node& layer = q.graph.nodes().back();
  CHECK(q.graph.tensor(layer.input(1)).name == "w/float");
  CHECK(q.graph.tensor(layer.input(2)).is_float());
  CHECK(q.graph.tensor(layer.output()).is_float());
  const Tensor& small = q.graph.tensor(q.graph.nodes().front().input(0));
  CHECK(small.type == ElementType::kInt8);
  CHECK(small.quant->axis == 0);
}

TEST_CASE("The result is off by no more than the rounding of the weights", "[quantization]") {
  const Graph graph = OneLayer();
  QuantizeOptions options;
  double step = 2.0 / 254;  // of weights from [-1, 1)
  SECTION("per channel") {}
  SECTION("per layer") { options.plan.per_channel = false; }
  SECTION("asymmetric") { options.plan.asymmetric_weights = true; }
  SECTION("4 bits") {
    options.precision.weights = WeightPrecision::kInt4;
    step = 2.0 / 14;
  }
  SECTION("4 bits, asymmetric") {
    options.precision.weights = WeightPrecision::kInt4;
    options.plan.asymmetric_weights = true;
    step = 2.0 / 15;
  }
  SECTION("float16") {
    options.precision.weights = WeightPrecision::kFloat16;
    step = 0x1p-11;
  }
  const std::vector<Tensor> inputs = RandomInputs(graph, 3);
  const std::vector<float> real = RunFloat(graph, inputs);
  const std::vector<float> small = RunFloat(Shrink(graph, options).graph, inputs);
  CHECK_THAT(small, WithinError(real, 64 * step / 2));  // 64 products with inputs of at most 1
  CHECK(small != real);
}

TEST_CASE("Shared weights are stored and widened once", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 64}), w = b.Random("w", {64, 64});
  const TensorId y = b.Emit(FullyConnected{}, {x, w});
  const Quantized q = Shrink(b.Output(b.Emit(FullyConnected{}, {y, w})).Build());
  CHECK(q.Kinds() == "Dequantize FullyConnected FullyConnected");
}

TEST_CASE("The smallest weights stay float while that costs a twentieth", "[quantization]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {1, 10});
  for (const char* name : {"small", "large", "medium"}) {
    const int64_t rows = name[0] == 's' ? 10 : name[0] == 'l' ? 1000 : 40;
    const int64_t columns = b.tensor(x).shape.back();
    x = b.Emit(FullyConnected{}, {x, b.Random(name, {rows, columns})});
  }
  // 100, 10,000 and 40,000 elements: only the first is below 2.5 kB of 50.1.
  const Quantized q = Shrink(b.Output(x).Build());
  CHECK(q["small"].is_float());
  CHECK(q.Kinds() == "FullyConnected Dequantize FullyConnected Dequantize FullyConnected");
}

TEST_CASE("Constants that are no weights stay as they are", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 64});
  b.Output(b.Emit(Add{}, {x, b.Random("offset", {64})}));
  CHECK(Shrink(b.Build()).Kinds() == "Add");
}

TEST_CASE("Nodes that --exclude names keep float weights", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 64}), w = b.Random("w", {64, 64});
  const TensorId y = b.Emit(FullyConnected{}, {x, w}, "body");
  b.Output(b.Emit(FullyConnected{}, {y, w}, "head"));
  const Graph graph = b.Build();
  const Quantized q = Shrink(graph, {.exclude = "^head$"});
  CHECK(q.Kinds() == "Dequantize FullyConnected FullyConnected");
  CHECK(q.graph.tensor(q.graph.nodes().back().input(1)).is_constant());
  CHECK_THAT(ErrorOf([&] { Shrink(graph, {.exclude = "("}); }),
             IsError(ErrorKind::kUsage, "--exclude '('"));
}

TEST_CASE("Weights alone get four bits where kernels take them", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 8});
  const TensorId up = b.Emit(TransposeConv2D{{}, 4, 4}, {x, b.Random("w", {8, 1, 1, 8})}, "up");
  b.Output(b.Emit(Conv2D{}, {up, b.Random("v", {8, 1, 1, 8})}, "conv"));
  const Quantized q = Shrink(b.Build(), {.precision = {.weights = WeightPrecision::kInt4}});
  CHECK(q.report.eight_bit == std::vector<std::string>{"up"});
  const Node& first = q.graph.nodes().front();
  CHECK(q.graph.tensor(first.input(0)).type == ElementType::kInt8);
}

}  // namespace
}  // namespace qconvert
