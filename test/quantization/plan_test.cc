// Precision by node: what a plan gives each node, what it refuses, and graphs of mixed precision.
#include "lib/quantization/plan.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/math/sqnr.h"
#include "lib/passes/verify.h"
#include "lib/quantization/integer_rules.h"
#include "lib/quantization/quantize_constant.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

using Weights = WeightPrecision;
using Activations = ActivationPrecision;

constexpr NodePrecision kStored8{Weights::kInt8, Activations::kFloat32};
constexpr NodePrecision kStored4{Weights::kInt4, Activations::kFloat32};
constexpr NodePrecision kStored16{Weights::kFloat16, Activations::kFloat32};
constexpr NodePrecision kDynamic8{Weights::kInt8, Activations::kDynamic};
constexpr NodePrecision kInteger8{Weights::kInt8, Activations::kInt8};
constexpr NodePrecision kInteger16{Weights::kInt8, Activations::kInt16};
constexpr NodePrecision kInteger4{Weights::kInt4, Activations::kInt8};

/// x [4, 64] -> FullyConnected "a" -> Relu "relu" -> FullyConnected "b" -> FullyConnected "c".
Graph ThreeLayers() {
  GraphBuilder b;
  const auto layer = [&](TensorId x, const std::string& name) {
    return b.Emit(FullyConnected{},
                  {x, b.Random(name + "/w", {64, 64}), b.Random(name + "/b", {64})}, name);
  };
  const TensorId a = b.Emit(Relu{}, {layer(b.Input("x", {4, 64}), "a")}, "relu");
  return b.Output(layer(layer(a, "b"), "c")).Build();
}

PrecisionPlan Mixture(NodePrecision otherwise,
                      const std::vector<std::pair<std::string, NodePrecision>>& exceptions) {
  PrecisionPlan plan{otherwise, {}};
  for (const auto& [name, precision] : exceptions) plan.exceptions[name] = {precision, "asked for"};
  return plan;
}

Quantized Make(const Graph& graph, const PrecisionPlan& precision,
               const QuantizeOptions& options = {}) {
  Quantized result =
      MakeMixture(graph, RangesOn(graph, RandomInputs(graph, 1)), precision, options);
  VerifyGraph(result.graph);
  return result;
}

/// Returns the mean square of what quantizing adds to the results.
double NoiseOf(const Graph& graph, const PrecisionPlan& precision) {
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  ErrorSums sums;
  sums.Add(RunFloat(graph, inputs), RunFloat(Make(graph, precision).graph, inputs));
  return sums.noise();
}

TEST_CASE("Outer layers keep 8 bits, in every branch, and exceptions stay", "[quantization]") {
  GraphBuilder b;
  const auto layer = [&](TensorId x, const std::string& name) {
    return b.Emit(FullyConnected{}, {x, b.Random(name + "/w", {8, 8})}, name);
  };
  const TensorId x = b.Input("x", {4, 8});
  const TensorId left = b.Emit(Relu{}, {layer(x, "first")}), right = layer(x, "other first");
  const TensorId sum = b.Emit(Add{}, {layer(left, "inner"), right});
  b.Output(layer(sum, "last")).Output(b.Emit(Relu{}, {layer(left, "other last")}));
  const Graph graph = b.Build();
  PrecisionPlan plan = Mixture(kInteger4, {{"other last", kFloatNode}});
  KeepOuterLayers8Bit(graph, plan);
  std::map<std::string, NodePrecision> kept;
  for (const auto& [name, exception] : plan.exceptions) kept[name] = exception.precision;
  CHECK(kept == std::map<std::string, NodePrecision>{{"first", kInteger8},
                                                     {"last", kInteger8},
                                                     {"other first", kInteger8},
                                                     {"other last", kFloatNode}});
}

TEST_CASE("Nodes of any precision stand side by side", "[quantization]") {
  const Graph graph = ThreeLayers();
  const Quantized q = Make(graph, Mixture(kInteger8, {{"b", kStored8}, {"c", kFloatNode}}));
  CHECK(q.Kinds() ==
        "Quantize FullyConnected Relu Dequantize Dequantize FullyConnected "
        "FullyConnected");
  CHECK(q["a/w"].type == ElementType::kInt8);
  CHECK(q["b/w_1"].type == ElementType::kInt8);
  CHECK(q["b/w/float"].is_float());
  CHECK(q["c/w"].is_float());
  CHECK(q.report.integer_nodes == 3);  // a, relu, and b by its weights
  REQUIRE(q.report.float_nodes.size() == 2);
  CHECK(q.report.float_nodes[0].name == "b");
  CHECK(q.report.float_nodes[0].reason == "asked for");
}

TEST_CASE("Each node's weights have the bits that it was given", "[quantization]") {
  const Graph graph = ThreeLayers();
  const Quantized q = Make(graph, Mixture(kInteger8, {{"b", kInteger4}, {"c", kStored16}}));
  CHECK(q["a/w"].type == ElementType::kInt8);
  CHECK(q["b/w"].type == ElementType::kInt4);
  CHECK(q["c/w_1"].type == ElementType::kFloat16);
  CHECK(q["b"].type == ElementType::kInt8);
  CHECK(q["c"].is_float());
  CHECK(q.report.eight_bit.empty());
}

TEST_CASE("A mixture is as exact as its parts let it be", "[quantization]") {
  const Graph graph = ThreeLayers();
  const auto noise = [&](NodePrecision otherwise, NodePrecision last) {
    return NoiseOf(graph, Mixture(otherwise, {{"c", last}}));
  };
  const auto between = [&](NodePrecision coarse, NodePrecision fine) {
    const double worst = noise(coarse, coarse), mixed = noise(coarse, fine),
                 best = noise(fine, fine);
    CHECK(best < mixed);
    CHECK(mixed < worst);
  };
  between(kInteger4, kInteger8);
  between(kInteger8, kStored8);
  between(kStored4, kStored8);
  between(kStored8, kStored16);
  between(kInteger8, kFloatNode);
  CHECK(noise(kFloatNode, kFloatNode) == 0);
}

TEST_CASE("A plan of floats gives the float graph", "[quantization]") {
  const Graph graph = ThreeLayers();
  const Quantized q = MakeMixture(graph, {}, {kFloatNode, {}});
  CHECK(q.Kinds() == "FullyConnected Relu FullyConnected FullyConnected");
  CHECK(q.report.integer_nodes == 0);
  CHECK(q.report.float_nodes.empty());  // nobody asked for integers
}

TEST_CASE("Weights that nodes of different precision share are there in each form",
          "[quantization]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {64, 64});
  TensorId x = b.Input("x", {1, 64});
  for (const char* name : {"integer", "stored", "again", "half", "real"}) {
    x = b.Emit(FullyConnected{}, {x, w}, name);
  }
  const Quantized q = Make(b.Output(x).Build(), Mixture(kInteger8, {{"stored", kStored8},
                                                                    {"again", kStored8},
                                                                    {"half", kStored16},
                                                                    {"real", kFloatNode}}));
  CHECK(q.Kinds() ==
        "Quantize FullyConnected Dequantize Dequantize FullyConnected FullyConnected "
        "Dequantize FullyConnected FullyConnected");
}

TEST_CASE("Pairs of weights and activations without a kernel are refused, all at once",
          "[quantization]") {
  const Graph graph = ThreeLayers();
  const NodePrecision half{Weights::kFloat16, Activations::kInt8};
  const NodePrecision real{Weights::kFloat32, Activations::kInt8};
  const Error error = ErrorOf([&] {
    Make(graph, Mixture(kInteger8, {{"a", half}, {"c", real}, {"relu", real}}));
  });
  const std::string why = " (FullyConnected): integer activations with float weights";
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'a'" + why));
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'c'" + why));
  CHECK(std::string(error.what()).find("relu") == std::string::npos);  // it has no weights
}

TEST_CASE("4-bit weights beside int16 activations are refused", "[quantization]") {
  const Error error = ErrorOf([] {
    Make(ThreeLayers(), Mixture(kInteger8, {{"b", {Weights::kInt4, Activations::kInt16}}}));
  });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported,
                            "node 'b' (FullyConnected): int16 activations with 4-bit weights"));
}

TEST_CASE("A network with int16 activations has int8 weights and int64 biases", "[quantization]") {
  const Graph graph = ThreeLayers();
  const Quantized q = Make(graph, {kInteger16, {}});
  CHECK(q.Kinds() == "Quantize FullyConnected Relu FullyConnected FullyConnected Dequantize");
  for (const char* activation : {"a", "relu", "b", "c"}) {
    CHECK(q[activation].type == ElementType::kInt16);
    CHECK(q.Params(activation).zero_point() == 0);
  }
  CHECK(q["a/w"].type == ElementType::kInt8);
  CHECK(q["a/b"].type == ElementType::kInt64);
  // The weights' rounding makes nearly all of the noise, as in float arithmetic.
  CHECK(NoiseOf(graph, {kInteger16, {}}) < 1.01 * NoiseOf(graph, {kStored8, {}}));
}

TEST_CASE("Nodes without an int16 kernel become named float islands", "[quantization]") {
  GraphBuilder b;
  const TensorId p = b.Emit(Relu{}, {b.Input("x", {2, 8})}, "p");
  b.Output(b.Emit(Relu{}, {b.Emit(HardSwish{}, {p}, "hard")}, "y"));
  const Quantized q = Make(b.Build(), {kInteger16, {}});
  CHECK(q.Kinds() == "Quantize Relu Dequantize HardSwish Quantize Relu Dequantize");
  REQUIRE(q.report.float_nodes.size() == 1);
  CHECK(q.report.float_nodes[0].name == "hard");
  CHECK(q.report.float_nodes[0].reason == "TFLite has no int16 kernel for it");
}

TEST_CASE("Means of more than LiteRT's int16 kernel adds up stay float", "[quantization]") {
  for (const int64_t count : {65536, 65537}) {
    GraphBuilder b;
    b.Output(b.Emit(Mean{{1}, true}, {b.Input("x", {1, count})}, "y"));
    const Quantized q = Make(b.Build(), {kInteger16, {}});
    CHECK(q.report.float_nodes.size() == (count > 65536 ? 1 : 0));
  }
}

TEST_CASE("Inputs and outputs may be int16", "[quantization]") {
  const Quantized q = Make(ThreeLayers(), {kInteger16, {}}, {.plan = {.io = IoType::kInt16}});
  CHECK(q.Kinds() == "FullyConnected Relu FullyConnected FullyConnected");
  CHECK(q["x"].type == ElementType::kInt16);
  CHECK(q["c"].type == ElementType::kInt16);
}

TEST_CASE("int8 inputs and outputs stand around int16 nodes", "[quantization]") {
  const Quantized q = Make(ThreeLayers(), {kInteger16, {}}, {.plan = {.io = IoType::kUInt8}});
  CHECK(q.Kinds() ==
        "Quantize Quantize FullyConnected Relu FullyConnected FullyConnected Quantize Quantize");
}

TEST_CASE("int16 activations are symmetric over 32767 steps to each side", "[quantization]") {
  CHECK(ParamsOfRange({-1, 2}, ElementType::kInt16) == PerLayer(2.0F / 32767, 0));
  CHECK(ParamsOfRange({-3, 2}, ElementType::kInt16) == PerLayer(3.0F / 32767, 0));
}

TEST_CASE("int8 and int16 nodes stand side by side, requantized between", "[quantization]") {
  GraphBuilder b;
  const TensorId p = b.Emit(Abs{}, {b.Input("x", {2, 8})}, "p");
  const TensorId moved = b.Emit(Reshape{{16}}, {p}, "moved");
  b.Output(b.Emit(Abs{}, {moved}, "y"));
  const Graph graph = b.Build();
  const NodePrecision wide{Weights::kInt8, Activations::kInt16};
  const Quantized q = Make(graph, Mixture(kInteger8, {{"moved", wide}}));
  CHECK(q.Kinds() == "Quantize Abs Quantize Reshape Quantize Abs Dequantize");
  CHECK(q["p"].type == ElementType::kInt8);
  CHECK(q["moved"].type == ElementType::kInt16);
  CHECK(q["y"].type == ElementType::kInt8);
  CHECK(q.Params("moved") == q.Params("p/requantized"));
  CHECK(q.Params("moved").zero_point() == 0);
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  // Half a step of int8 for each of x, p, y and the result of a requantization, which lie in [0,
  // 1).
  CHECK_THAT(RunFloat(q.graph, inputs), WithinError(RunFloat(graph, inputs), 4 * 2.0 / 255));
}

TEST_CASE("Constants of int16 nodes are int16", "[quantization]") {
  const Tensor constant = MakeConstantTensor("c", {3}, std::vector<float>{-1, 0.5F, 1e9F});
  const Tensor q = QuantizeConstant(constant, ElementType::kInt16, PerLayer(1.0F / 1024, 0));
  CHECK(q.type == ElementType::kInt16);
  CHECK(ToVector<int16_t>(q) == std::vector<int16_t>{-1024, 512, 32767});
}

TEST_CASE("A bias beside int16 activations is int64 and widens no scale", "[quantization]") {
  const Tensor weights = MakeConstantTensor("w", {1, 2}, std::vector<float>{1e-6F, -1e-6F});
  const Tensor bias = MakeConstantTensor("b", {1}, std::vector<float>{1});
  const auto quantize = [&](ElementType type) {
    return QuantizeWeights(weights, &bias, IntegerBias{1e-4F, type}, {}, {}, {});
  };
  const QuantizedWeights narrow = quantize(ElementType::kInt32);
  const QuantizedWeights wide = quantize(ElementType::kInt64);
  const float own = 1e-6F / 127;
  CHECK(narrow.weights.quant->scale() > own);
  CHECK(wide.weights.quant->scale() == Approx(own));
  REQUIRE(wide.bias->type == ElementType::kInt64);
  const double scale = double{wide.bias->quant->scale()};
  CHECK(static_cast<double>(wide.bias->Values<int64_t>()[0]) * scale == Approx(1).epsilon(1e-6));
}

TEST_CASE("Small weights stay float beside those of the whole network", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 100});
  const TensorId large = b.Emit(FullyConnected{}, {x, b.Random("v", {1000, 100})}, "large");
  b.Output(b.Emit(FullyConnected{}, {large, b.Random("w", {1, 1000})}, "small"));
  const Graph graph = b.Build();
  // 1000 weights cost 3 kB more as floats: less than a twentieth of the other 100 kB.
  const Quantized q = Make(graph, Mixture(kInteger8, {{"small", kStored8}}));
  CHECK(q["w"].is_float());
  REQUIRE(q.report.float_nodes.size() == 1);
  CHECK(q.report.float_nodes[0].reason ==
        "its weights are so small that integers would save nothing");
  CHECK(Make(graph, {kInteger8, {}})["w"].type == ElementType::kInt8);
}

TEST_CASE("What a plan cannot give is told by node", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 8});
  const TensorId up = b.Emit(TransposeConv2D{{}, 4, 4}, {x, b.Random("w", {8, 1, 1, 8})}, "up");
  const Graph graph = b.Output(b.Emit(Erf{}, {up}, "erf")).Build();
  const Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
  const QuantizationPlan plan = Plan(graph, ranges, {kInteger4, {}}, {});
  CHECK(plan.nodes.at("up").precision == kInteger8);
  CHECK(plan.nodes.at("up").asked == kInteger4);
  CHECK(plan.nodes.at("up").reason == "TFLite has no 4-bit kernel for it");
  CHECK(plan.nodes.at("erf").precision == kFloatNode);
  CHECK(plan.nodes.at("erf").reason == "TFLite has no int8 kernel for it");
  CHECK(plan.tensors[static_cast<size_t>(graph.FindTensor("up"))].int8.has_value());
}

TEST_CASE("--exclude finds a node by the ONNX node that it is a part of", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4});
  b.Output(b.Emit(Abs{}, {b.Emit(Relu{}, {x}, "p")}, "q"));
  Graph graph = b.Build();
  graph.nodes().front().origin = "norm";
  PrecisionPlan plan;
  KeepFloat(graph, "^norm$", plan);
  CHECK(plan.exceptions.size() == 1);
  CHECK(plan.exceptions.count("p") == 1);
}

TEST_CASE("Dynamic nodes read integer weights beside float activations", "[quantization]") {
  const Graph graph = ThreeLayers();
  const Quantized q = Make(graph, Mixture(kDynamic8, {{"c", kFloatNode}}));
  CHECK(q.Kinds() == "FullyConnected Relu FullyConnected FullyConnected");
  const Node& first = q.graph.nodes().front();
  CHECK(q.graph.tensor(first.input(1)).type == ElementType::kInt8);
  CHECK(q.graph.tensor(first.input(1)).quant->axis == 0);
  CHECK(q.graph.tensor(first.input(2)).is_float());
  CHECK(q["c/w"].is_float());
  CHECK(q.report.integer_nodes == 2);
}

TEST_CASE("Dynamic weights have a scale for each channel", "[quantization]") {
  const Quantized q = Make(ThreeLayers(), Mixture(kDynamic8, {}), {.plan = {.per_channel = false}});
  const Node& first = q.graph.nodes().front();
  CHECK(q.graph.tensor(first.input(1)).quant->scales.size() == 64);
}

TEST_CASE("Where XNNPACK rounds no activations, dynamic weights are widened", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 8});
  const TensorId deep = b.Emit(DepthwiseConv2D{}, {x, b.Random("w", {1, 1, 1, 8})}, "deep");
  b.Output(b.Emit(Conv2D{}, {deep, b.Random("v", {8, 1, 1, 8})}, "conv"));
  CHECK(Make(b.Build(), Mixture(kDynamic8, {})).Kinds() == "Dequantize DepthwiseConv2D Conv2D");
}

TEST_CASE("Weights that dynamic and stored nodes share are stored once", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 64}), w = b.Random("w", {64, 64});
  const TensorId y = b.Emit(FullyConnected{}, {x, w}, "first");
  b.Output(b.Emit(FullyConnected{}, {y, w}, "second"));
  const Graph graph = b.Build();
  CHECK(Make(graph, Mixture(kDynamic8, {{"second", kStored8}})).Kinds() ==
        "FullyConnected Dequantize FullyConnected");
}

TEST_CASE("Dynamic nodes take 8-bit weights only", "[quantization]") {
  const NodePrecision four{Weights::kInt4, Activations::kDynamic};
  CHECK_THAT(ErrorOf([&] {
               Make(ThreeLayers(), Mixture(kDynamic8, {{"b", four}}));
             }),
             IsError(ErrorKind::kUnsupported,
                     "node 'b' (FullyConnected): activations rounded at run time; give it 8-bit"));
}

}  // namespace
}  // namespace qconvert
