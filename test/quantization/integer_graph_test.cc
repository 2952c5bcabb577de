// The structure of integer graphs: conversions, islands, options.
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "lib/passes/verify.h"
#include "lib/quantization/integer_rules.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// x -> Conv2D "conv" -> Erf "erf" -> Conv2D "last"; TFLite has no integer Erf.
GraphBuilder Island(const Operator& between = Erf{}) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const TensorId conv =
      b.Emit(Conv2D{}, {x, b.Random("w", {2, 1, 1, 2}), b.Random("bias", {2})}, "conv");
  const TensorId island = b.Emit(between, {conv}, "island");
  b.Output(b.Emit(Conv2D{}, {island, b.Random("v", {2, 1, 1, 2}), b.Random("d", {2})}, "last"));
  return b;
}

TEST_CASE("Integers begin at the input and end at the output", "[quantization]") {
  const Quantized q = MakeInteger(Island(Relu{}).Build());
  CHECK(q.Kinds() == "Quantize Conv2D Relu Conv2D Dequantize");
  CHECK(q.report.integer_nodes == 3);
  CHECK(q.report.float_nodes.empty());
  VerifyGraph(q.graph);
  CHECK(q["x"].is_float());
  CHECK(q.graph.output_names == std::vector<std::string>{"last"});
}

TEST_CASE("Inputs and outputs may be integers themselves", "[quantization]") {
  const Graph graph = Island(Relu{}).Build();
  const Quantized real = MakeInteger(graph);
  const QuantParams inside = real.Params("x/int8"), result = real.Params("last");
  const Quantized int8 = MakeInteger(graph, {.plan = {.io = IoType::kInt8}});
  CHECK(int8.Kinds() == "Conv2D Relu Conv2D");
  CHECK(int8.Params("x") == inside);
  const Quantized uint8 = MakeInteger(graph, {.plan = {.io = IoType::kUInt8}});
  CHECK(uint8.Kinds() == "Quantize Conv2D Relu Conv2D Quantize");
  CHECK(uint8["x"].type == ElementType::kUInt8);
  CHECK(uint8.Params("x") == PerLayer(inside.scale(), inside.zero_point() + 128));
  const Tensor& output = uint8.graph.tensor(uint8.graph.outputs[0]);
  CHECK(output.type == ElementType::kUInt8);
  CHECK(output.quant == PerLayer(result.scale(), result.zero_point() + 128));
}

TEST_CASE("An output that is a constant may be an integer, too", "[quantization]") {
  for (const IoType io : {IoType::kInt8, IoType::kUInt8}) {
    GraphBuilder b = Island(Relu{});
    b.Output(b.Constant<float>("c", {3}, {-1, 0, 2}));
    const Quantized q = MakeInteger(b.Build(), {.plan = {.io = io}});
    const Tensor& output = q.graph.tensor(q.graph.outputs[1]);
    CHECK(output.quant->scale() == 3.0F / 255);
  }
}

TEST_CASE("An operator without an integer kernel becomes a float island", "[quantization]") {
  const Quantized q = MakeInteger(Island().Build());
  CHECK(q.Kinds() == "Quantize Conv2D Dequantize Erf Quantize Conv2D Dequantize");
  REQUIRE(q.report.float_nodes.size() == 1);
  CHECK(q.report.float_nodes[0].name == "island");
  CHECK(q.report.float_nodes[0].kind == "Erf");
  CHECK(q.report.float_nodes[0].reason == "TFLite has no int8 kernel for it");
}

TEST_CASE("Movement from an island to integers is integer", "[quantization]") {
  GraphBuilder b;
  const TensorId island = b.Emit(Erf{}, {b.Input("x", {2, 8})}, "island");
  const TensorId turned = b.Emit(Transpose{{1, 0}}, {island}, "turned");
  const TensorId flat = b.Emit(Reshape{{1, 16}}, {turned}, "flat");
  b.Output(b.Emit(FullyConnected{}, {flat, b.Random("w", {4, 16})}, "y"));
  const Quantized q = MakeInteger(b.Build());
  CHECK(q.Kinds() == "Erf Quantize Transpose Reshape FullyConnected Dequantize");
  CHECK(q.report.float_nodes.size() == 1);
}

TEST_CASE("Movement from an island to a float node stays float", "[quantization]") {
  GraphBuilder b;
  const TensorId island = b.Emit(Erf{}, {b.Input("x", {2, 8})}, "island");
  const TensorId turned = b.Emit(Transpose{{1, 0}}, {island}, "turned");
  const TensorId flat = b.Emit(Reshape{{1, 16}}, {turned}, "flat");
  SECTION("the only one") {
    b.Output(b.Emit(Relu{}, {b.Emit(Sin{}, {flat})}, "y"));
    CHECK(MakeInteger(b.Build()).Kinds() == "Erf Transpose Reshape Sin Quantize Relu Dequantize");
  }
  SECTION("beside an integer one") {
    b.Output(b.Emit(Sin{}, {flat}, "y"));
    b.Output(b.Emit(FullyConnected{}, {flat, b.Random("w", {4, 16})}, "z"));
    CHECK(MakeInteger(b.Build()).Kinds() ==
          "Erf Transpose Reshape Sin Quantize FullyConnected Dequantize");
  }
  SECTION("beside one behind the first movement") {
    b.Output(b.Emit(FullyConnected{}, {turned, b.Random("w", {4, 2})}, "z"));
    b.Output(b.Emit(Sin{}, {flat}, "y"));
    CHECK(MakeInteger(b.Build()).Kinds() ==
          "Erf Transpose Reshape Quantize FullyConnected Sin Dequantize");
  }
  SECTION("outside the model") {
    b.Output(flat);
    const Quantized q = MakeInteger(b.Build());
    CHECK(q.Kinds() == "Erf Transpose Reshape");
    CHECK(q.report.float_nodes[1].reason ==
          "it only moves the values of a float operator to others");
  }
}

TEST_CASE("What LiteRT's integer kernels get wrong says so", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Emit(Relu{}, {b.Input("x", {2, 8})});
  b.Output(b.Emit(Sum{{1}}, {x}, "sum"));
  b.Output(b.Emit(Greater{}, {x, b.Random("c", {8})}, "larger"));
  const Quantized q = MakeInteger(b.Build());
  REQUIRE(q.report.float_nodes.size() == 2);
  CHECK(q.report.float_nodes[0].reason ==
        "LiteRT's reference kernel reads the int8 operand of a sum as uint8");
  CHECK(q.report.float_nodes[1].reason ==
        "LiteRT's integer kernel rounds both operands to coarser steps before it compares them");
}

TEST_CASE("What only moves an input to an island stays float with it", "[quantization]") {
  GraphBuilder b;
  const TensorId flat = b.Emit(Reshape{{16}}, {b.Input("x", {2, 8})}, "flat");
  const TensorId moved = b.Emit(Reshape{{4, 4}}, {flat}, "moved");
  b.Output(b.Emit(Erf{}, {moved}, "y"));
  CHECK(MakeInteger(b.Build()).Kinds() == "Reshape Reshape Erf");
  b.Output(b.Emit(Relu{}, {moved}, "z"));
  CHECK(MakeInteger(b.Build()).Kinds() ==
        "Quantize Reshape Reshape Dequantize Erf Relu Dequantize");
}

TEST_CASE("Indices beside an integer result have no parameters", "[quantization]") {
  GraphBuilder b;
  for (const TensorId id : b.EmitSeveral(TopK{2}, {b.Input("x", {3, 8})}, 2)) b.Output(id);
  const Quantized q = MakeInteger(b.Build());
  CHECK(q.Kinds() == "Quantize TopK Dequantize");
  CHECK(q.graph.tensor(q.graph.outputs[1]).type == ElementType::kInt32);
}

TEST_CASE("Nodes that --exclude finds stay float", "[quantization]") {
  const Graph graph = Island(Relu{}).Build();
  const auto kinds = [&](const std::string& pattern) {
    return MakeInteger(graph, {.exclude = pattern}).Kinds();
  };
  CHECK(kinds("conv") == "Conv2D Quantize Relu Conv2D Dequantize");
  CHECK(kinds("^la") == "Quantize Conv2D Relu Dequantize Conv2D");
  CHECK(kinds("^(conv|island|last)$") == "Conv2D Relu Conv2D");
  CHECK(kinds("Conv") == "Quantize Conv2D Relu Conv2D Dequantize");  // names, and their case
  CHECK(MakeInteger(graph, {.exclude = "conv"}).report.float_nodes[0].reason ==
        "named by --exclude");
  CHECK_THAT(ErrorOf([&] { kinds("*"); }), IsError(ErrorKind::kUsage, "--exclude '*'"));
}

TEST_CASE("--strict lists all nodes that cannot be integer", "[quantization]") {
  GraphBuilder b;
  const TensorId first = b.Emit(Erf{}, {b.Input("x", {8})}, "first");
  b.Output(b.Emit(Sin{}, {b.Emit(Relu{}, {first}, "fine")}, "second"));
  const Error error = ErrorOf([&] { MakeInteger(b.Build(), {.plan = {.strict = true}}); });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'first' (Erf)"));
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'second' (Sin)"));
  CHECK(std::string(error.what()).find("fine") == std::string::npos);
  CHECK_NOTHROW(MakeInteger(Island(Relu{}).Build(), {.plan = {.strict = true}}));
}

TEST_CASE("Nodes that touch no real number are not counted as float", "[quantization]") {
  GraphBuilder b;
  const TensorId i = b.Input("i", {3}, ElementType::kInt64);
  const TensorId sum = b.Emit(Add{}, {i, i}, "twice");
  b.Output(b.Emit(Gather{0}, {b.Input("x", {9, 2}), sum}, "y"));
  const Quantized q = MakeInteger(b.Build(), {.plan = {.strict = true}});
  CHECK(q.Kinds() == "Add Quantize Gather Dequantize");
  CHECK(q["twice"].type == ElementType::kInt64);
}

TEST_CASE("What the model quantizes itself stays float, and is read on its own grid",
          "[quantization]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.03F, 140);
  const TensorId q =
      b.Emit(QuantizeLinear{quant, 0, 255, ElementType::kUInt8}, {b.Input("x", {1, 4, 4, 2})}, "q");
  const TensorId d = b.Emit(DequantizeLinear{quant}, {q}, "d");
  const TensorId conv =
      b.Emit(Conv2D{}, {d, b.Random("w", {2, 1, 1, 2}), b.Random("bias", {2})}, "conv");
  b.Output(b.Emit(QuantizeLinear{.quant = PerLayer(0.05F, 7)}, {conv}, "y")).Output(q);
  const Quantized result = MakeInteger(b.Build());
  CHECK(result.Kinds() ==
        "QuantizeLinear DequantizeLinear Quantize Conv2D Dequantize QuantizeLinear");
  VerifyGraph(result.graph);
  CHECK(result["q"].type == ElementType::kUInt8);
  CHECK_FALSE(result["q"].quant);
  CHECK(result.Params("d/int8") == PerLayer(0.03F, 12));
  CHECK(result.Params("conv") == PerLayer(0.05F, 7));
  REQUIRE(result.report.float_nodes.size() == 3);
  CHECK(result.report.float_nodes[1].reason ==
        "the model is quantized here already; its float original can be integer");
  REQUIRE(result.report.warnings.size() == 1);
  CHECK(result.report.warnings[0].find("2 QuantizeLinear and 1 DequantizeLinear") !=
        std::string::npos);
}

TEST_CASE("Scales of the model's own that int8 files never have are not taken over",
          "[quantization]") {
  for (const float scale : {1e-30F, 1e30F}) {
    GraphBuilder b;
    const QuantizeLinear quantize{.quant = PerLayer(scale, 0)};
    const TensorId d =
        b.Emit(DequantizeLinear{quantize.quant}, {b.Input("q", {4}, ElementType::kInt8)}, "d");
    b.Output(b.Emit(quantize, {b.Emit(Relu{}, {d}, "relu")}, "y"));
    const Graph graph = b.Build();
    const Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
    const Quantized result = MakeIntegerOn(graph, ranges);
    CHECK(result.Params("d/int8") == ParamsOfRange({-1, 1}, ElementType::kInt8));
    CHECK(result.Params("relu") == ParamsOfRange({-1, 1}, ElementType::kInt8));
  }
}

TEST_CASE("Computed weights and biases keep their node float", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4}), w = b.Input("w", {3, 4}), bias = b.Input("bias", {3});
  b.Output(b.Emit(FullyConnected{}, {x, w}, "p"));
  b.Output(b.Emit(FullyConnected{}, {x, b.Random("c", {3, 4}), bias}, "q"));
  const Quantized q = MakeInteger(b.Build());
  REQUIRE(q.report.float_nodes.size() == 2);
  CHECK(q.report.float_nodes[0].reason == "its weights are computed");
  CHECK(q.report.float_nodes[1].reason == "its bias is computed");
}

TEST_CASE("A tensor without a range keeps its node float, by name", "[quantization]") {
  const Graph graph = Island(Relu{}).Build();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
  ranges[static_cast<size_t>(graph.FindTensor("conv"))].reset();
  const Quantized q = MakeIntegerOn(graph, ranges);
  REQUIRE(q.report.float_nodes.size() == 2);
  CHECK(q.report.float_nodes[0].reason == "nothing gives 'conv' a range; samples would, by --data");
}

/// Quantizes with one range for each of the named tensors.
Quantized WithRanges(const Graph& graph, const std::map<std::string, Range>& named,
                     const QuantizeOptions& options = {}) {
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  for (const auto& [name, range] : named) {
    ranges[static_cast<size_t>(graph.FindTensor(name))] = range;
  }
  return MakeIntegerOn(graph, ranges, options);
}

TEST_CASE("A sum far below the scale of its operand stays float", "[quantization]") {
  GraphBuilder b;  // zeros, whose scale is any, and a constant 2^19 below it
  const TensorId x = b.Input("x", {4});
  const Graph graph =
      b.Output(b.Emit(Add{}, {x, b.Constant<float>("c", {}, {1e-6F})}, "y")).Build();
  const Quantized q = WithRanges(graph, {{"x", {0, 0}}, {"y", {0, 1e-6F}}});
  CHECK(q.Kinds() == "Add");
  REQUIRE(q.report.float_nodes.size() == 1);
  CHECK_THAT(q.report.float_nodes[0].reason, Catch::Contains("steps too small for LiteRT"));
}

TEST_CASE("A mask of the lowest float keeps what sees it in float", "[quantization]") {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 2});
  const TensorId mask = b.Constant<float>("mask", {2}, {0, kLowest});
  const TensorId masked = b.Emit(Add{}, {b.Emit(Relu{}, {x}, "relu"), mask}, "masked");
  const TensorId softmax = b.Emit(Softmax{}, {masked}, "softmax");
  const Graph graph = b.Output(b.Emit(Mul{}, {softmax, softmax}, "y")).Build();
  const std::map<std::string, Range> ranges{{"x", {-1, 1}},
                                            {"relu", {0, 1}},
                                            {"masked", {kLowest, 1}},
                                            {"softmax", {0, 1}},
                                            {"y", {0, 1}}};
  const Quantized q = WithRanges(graph, ranges);
  CHECK(q.Kinds() == "Quantize Relu Dequantize Add Softmax Quantize Mul Dequantize");
  CHECK(q.report.float_nodes[0].reason == "the range of 'mask' reaches 3.4e+38");
  CHECK(q.report.float_nodes[1].reason == "the range of 'masked' reaches 3.4e+38");
}

TEST_CASE("An integer input of any range has a scale in bounds", "[quantization]") {
  constexpr float kHighest = std::numeric_limits<float>::max();
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Relu{}, {b.Input("x", {4})}, "y")).Build();
  const Quantized q = WithRanges(graph, {{"x", {-kHighest, kHighest}}, {"y", {0, kHighest}}},
                                 {.plan = {.io = IoType::kInt8}});
  CHECK(q.Kinds() == "Dequantize Relu Quantize");
  CHECK(q.Params("x").scale() <= 0x1p60F);
}

TEST_CASE("A convolution that cancels its operand stays float", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2, 2, 2});
  const Graph graph =
      b.Output(b.Emit(Conv2D{}, {x, b.Random("w", {1, 1, 1, 2}), b.Random("bias", {1})}, "y"))
          .Build();
  const auto kinds = [&](float most) {
    return WithRanges(graph, {{"x", {-1e3F, 1e3F}}, {"y", {0, most}}}).Kinds();
  };
  CHECK(kinds(1e3F) == "Quantize Conv2D Dequantize");
  CHECK(kinds(1e-3F) == "Conv2D");
}

TEST_CASE("An operand too coarse to be requantized keeps its node in float", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4}), y = b.Input("y", {4});
  const TensorId coarse = b.Emit(Relu{}, {x}, "coarse");
  b.Output(b.Emit(Minimum{}, {coarse, y}, "z"));
  b.Output(b.Emit(Relu{}, {coarse}, "w"));
  const Quantized q = WithRanges(b.Build(), {{"x", {-1e9F, 1e9F}},
                                             {"y", {0, 1e-3F}},
                                             {"coarse", {0, 1e9F}},
                                             {"z", {0, 1e-3F}},
                                             {"w", {0, 1e9F}}});
  REQUIRE(q.report.float_nodes.size() == 1);
  CHECK(q.report.float_nodes[0].name == "z");
}

TEST_CASE("Asymmetric weights need an extension where TFLite refuses them", "[quantization]") {
  const Graph conv = Island(Relu{}).Build();
  QuantizeOptions options{.plan = {.asymmetric_weights = true}};
  CHECK_THAT(ErrorOf([&] { MakeInteger(conv, options); }),
             IsError(ErrorKind::kUsage, "node 'conv' (Conv2D)"));
  options.plan.allow_extensions = true;
  CHECK(MakeInteger(conv, options).report.extensions == std::vector<std::string>{"conv", "last"});
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4});
  b.Output(b.Emit(FullyConnected{}, {x, b.Random("w", {3, 4}, 0.5F, 2)}, "y"));
  const Quantized q = MakeInteger(b.Build(), {.plan = {.asymmetric_weights = true}});
  CHECK(q.report.extensions.empty());
  CHECK_FALSE(q.Params("w").per_channel());  // the one form that TFLite has
  CHECK(q.Params("w").zero_point() == -128);
}

TEST_CASE("Four bits are for the layers whose kernels take them", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const TensorId conv =
      b.Emit(Conv2D{}, {x, b.Random("w1", {2, 1, 1, 2}), b.Random("b1", {2})}, "conv");
  const TensorId depthwise = b.Emit(
      DepthwiseConv2D{}, {conv, b.Random("w2", {1, 1, 1, 2}), b.Random("b2", {2})}, "depthwise");
  const TensorId up = b.Emit(TransposeConv2D{{}, 4, 4},
                             {depthwise, b.Random("w3", {2, 1, 1, 2}), b.Random("b3", {2})}, "up");
  const TensorId flat = b.Emit(Reshape{{1, 32}}, {up});
  b.Output(b.Emit(FullyConnected{}, {flat, b.Random("w4", {3, 32}), b.Random("b4", {3})}, "y"));
  const Quantized q = MakeInteger(b.Build(), {.precision = {.weights = WeightPrecision::kInt4}});
  for (const char* name : {"w1", "w2", "w4"}) CHECK(q[name].type == ElementType::kInt4);
  CHECK(q["w3"].type == ElementType::kInt8);
  CHECK(q.report.eight_bit == std::vector<std::string>{"up"});
  CHECK(q["conv"].type == ElementType::kInt8);  // activations keep 8 bits
}

TEST_CASE("A node whose result has no integer form stays float", "[quantization]") {
  GraphBuilder b;
  const TensorId q = b.Input("q", {4}, ElementType::kInt8, PerLayer(0.5F, 0));
  const Graph graph = b.Output(b.Emit(Dequantize{}, {q}, "real")).Build();
  const Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
  const Quantized result = MakeIntegerOn(graph, ranges);
  CHECK(result.Kinds() == "Dequantize");
  CHECK(result["real"].is_float());
  REQUIRE(result.report.float_nodes.size() == 1);
  CHECK(result.report.float_nodes[0].reason == "its result has no integer form");
}

TEST_CASE("Weights that two layers share are quantized for each", "[quantization]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4}), w = b.Random("w", {4, 4}), c = b.Random("c", {4});
  const TensorId y = b.Emit(FullyConnected{}, {x, w, c}, "p");
  b.Output(b.Emit(FullyConnected{}, {y, w, c}, "q"));
  const Quantized q = MakeInteger(b.Build());
  std::vector<float> scales;
  for (const Node& node : q.graph.nodes()) {
    if (!node.Is<FullyConnected>()) continue;
    const float input = q.graph.tensor(node.input(0)).quant->scale();
    const float weights = q.graph.tensor(node.input(1)).quant->scales[0];
    scales.push_back(q.graph.tensor(node.input(2)).quant->scales[0]);
    CHECK(scales.back() == Approx(input * weights));
  }
  CHECK(scales[0] != scales[1]);
}

TEST_CASE("Constants that are not finite are named", "[quantization]") {
  GraphBuilder b;
  const TensorId c = b.Constant<float>("offset", {2}, {1, NAN});
  const Graph graph = b.Output(b.Emit(Add{}, {b.Input("x", {2}), c})).Build();
  const Ranges ranges(static_cast<size_t>(graph.tensor_count()), Range{-1, 1});
  CHECK_THAT(ErrorOf([&] { MakeIntegerOn(graph, ranges); }),
             IsError(ErrorKind::kUnusable, "constant 'offset'"));
}

TEST_CASE("Names, metadata and the float graph are kept", "[quantization]") {
  Graph graph = Island(Relu{}).Build();
  graph.name = "main";
  graph.metadata = {{"layout.x", "nhwc"}};
  graph.input_names = {"image"};
  const Quantized q = MakeInteger(graph);
  CHECK(q.graph.name == "main");
  CHECK(q.graph.metadata == graph.metadata);
  CHECK(q.graph.input_names == graph.input_names);
  CHECK(q.graph.FindTensor("island") != kNoTensor);  // layers are compared by name
}

}  // namespace
}  // namespace qconvert
