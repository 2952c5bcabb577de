// The model's own quantization as a note beside its tensors.
#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "lib/passes/verify.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Emits a pair of 8 bits.
TensorId Pair(GraphBuilder& b, TensorId x, const QuantParams& quant, const std::string& name,
              ElementType type = ElementType::kInt8) {
  const bool is_uint8 = type == ElementType::kUInt8;
  const QuantizeLinear quantize{quant, is_uint8 ? 0 : -128, is_uint8 ? 255 : 127, type};
  return b.Emit(DequantizeLinear{quant}, {b.Emit(quantize, {x}, name + "/q")}, name);
}

Graph Lifted(const GraphBuilder& b) {
  Graph graph = b.Build();
  LiftQuantization(graph);
  VerifyGraph(graph);
  return graph;
}

QuantParams GridOf(const Graph& graph, const std::string& name) {
  const IntegerForm& form = graph.grids.at(graph.FindTensor(name));
  CHECK(form.type == ElementType::kInt8);
  return form.params;
}

TensorId Convolution(GraphBuilder& b, TensorId x) {
  return b.Emit(Conv2D{}, {x, b.Random("w", {2, 1, 1, 2}), b.Random("bias", {2})}, "conv");
}

TEST_CASE("Pairs become grids, and a Relu between them is fused", "[passes]") {
  GraphBuilder b;
  const TensorId x = Pair(b, b.Input("x", {1, 4, 4, 2}), PerLayer(0.03F, 5), "x/real");
  const TensorId conv = Pair(b, Convolution(b, x), PerLayer(0.1F, 0), "conv/real");
  b.Output(Pair(b, b.Emit(Relu{}, {conv}, "relu"), PerLayer(0.05F, -128), "y"));
  const Graph graph = Lifted(b);
  CHECK(NodesOf(graph) == "y = Conv2D(x, w, bias) {relu}\n");
  CHECK(graph.grids.size() == 2);
  CHECK(GridOf(graph, "x") == PerLayer(0.03F, 5));
  CHECK(GridOf(graph, "y") == PerLayer(0.05F, -128));
  CHECK(graph.metadata.at("quantization") == "the model's own, of 3 tensors");
}

TEST_CASE("A Relu behind a pair has its grid", "[passes]") {
  GraphBuilder b;
  const TensorId conv = Pair(b, Convolution(b, b.Input("x", {1, 4, 4, 2})), PerLayer(0.1F, 0), "c");
  b.Output(b.Emit(Relu{}, {conv}, "y"));
  CHECK(GridOf(Lifted(b), "y") == PerLayer(0.1F, 0));
}

TEST_CASE("A pair that saturates before its Relu's stays", "[passes]") {
  GraphBuilder b;
  const QuantParams narrow = PerLayer(0.01F, 0), wide = PerLayer(0.05F, -128);
  const TensorId conv = Pair(b, Convolution(b, b.Input("x", {1, 4, 4, 2})), narrow, "c");
  b.Output(Pair(b, b.Emit(Relu{}, {conv}, "relu"), wide, "y"));
  const Graph graph = Lifted(b);
  CHECK(Count<Relu>(graph) == 1);
  CHECK(GridOf(graph, "c") == narrow);
  CHECK(GridOf(graph, "y") == wide);
}

TEST_CASE("Nothing is folded over a pair, which may saturate", "[passes]") {
  GraphBuilder b;
  const TensorId conv =
      Pair(b, Convolution(b, b.Input("x", {1, 4, 4, 2})), PerLayer(0.1F, -128), "c");
  b.Output(b.Emit(Mul{}, {conv, b.Constant<float>("two", {}, {2})}, "y"));
  CHECK(NodesOf(Lifted(b)) == "c = Conv2D(x, w, bias)\ny = Mul(c, two)\n");
}

TEST_CASE("Clamps of a grid are on it", "[passes]") {
  GraphBuilder b;
  const QuantParams grid = PerLayer(0.1F, 0);
  const TensorId x = Pair(b, b.Emit(Abs{}, {b.Input("x", {4})}, "abs"), grid, "d");
  const TensorId least = b.Emit(Relu{}, {x}, "relu");
  b.Output(b.Emit(Minimum{}, {least, b.Constant<float>("four", {}, {4})}, "y"));
  const Graph graph = Lifted(b);
  CHECK(GridOf(graph, "relu") == grid);
  CHECK(GridOf(graph, "y") == grid);
}

TEST_CASE("A product reads what a Transpose between pairs would have moved", "[passes]") {
  GraphBuilder b;
  const QuantParams grid = PerLayer(0.03F, 5);
  const TensorId k = Pair(b, b.Emit(Abs{}, {b.Input("k", {2, 4, 3})}, "abs"), grid, "k/real");
  const TensorId moved = Pair(b, b.Emit(Transpose{{0, 2, 1}}, {k}, "t"), grid, "t/real");
  b.Output(b.Emit(BatchMatMul{}, {b.Input("x", {2, 5, 3}), moved}, "y"));
  const Graph graph = Lifted(b);
  CHECK(Count<Transpose>(graph) == 0);
  CHECK(First<BatchMatMul>(graph).As<BatchMatMul>()->transpose_b);
  CHECK(GridOf(graph, "k/real") == grid);
}

TEST_CASE("A reduction that a Reshape follows keeps its grid", "[passes]") {
  GraphBuilder b;
  const QuantParams grid = PerLayer(0.03F, 5);
  const TensorId mean = b.Emit(Mean{{1, 2}, true}, {b.Input("x", {1, 4, 4, 2})}, "mean");
  const TensorId flat = b.Emit(Reshape{{1, 2}}, {Pair(b, mean, grid, "mean/real")}, "flat");
  b.Output(b.Emit(Abs{}, {Pair(b, flat, grid, "flat/real")}, "y"));
  const Graph graph = Lifted(b);
  REQUIRE(graph.nodes().size() == 2);
  CHECK(graph.grids.at(graph.nodes().front().output()).params == grid);
}

TEST_CASE("uint8 becomes int8 that stands for the same reals", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  b.Output(Convolution(b, Pair(b, x, PerLayer(0.03F, 140), "d", ElementType::kUInt8)));
  CHECK(GridOf(Lifted(b), "x") == PerLayer(0.03F, 12));
}

TEST_CASE("A pair behind what only moves values reaches their producer", "[passes]") {
  GraphBuilder b;
  const TensorId moved = b.Emit(Transpose{{0, 2, 1}}, {b.Input("x", {2, 3, 4})}, "moved");
  b.Output(b.Emit(Relu{}, {Pair(b, moved, PerLayer(0.03F, 5), "d")}, "y"));
  CHECK(GridOf(Lifted(b), "x") == PerLayer(0.03F, 5));
}

TEST_CASE("A pair behind an average does not clamp what is averaged", "[passes]") {
  GraphBuilder b;
  const TensorId conv = Convolution(b, b.Input("x", {1, 4, 4, 2}));
  const TensorId mean = b.Emit(AveragePool2D{2, 2, {}}, {conv}, "mean");
  b.Output(b.Emit(Abs{}, {Pair(b, mean, PerLayer(0.03F, 5), "d")}, "y"));
  const Graph graph = Lifted(b);
  CHECK(graph.grids.empty());
  CHECK(Count<QuantizeLinear>(graph) == 1);
}

TEST_CASE("A pair that stands for a Relu leaves other readers what it cuts off", "[passes]") {
  GraphBuilder b;
  const TensorId conv = Convolution(b, b.Input("x", {1, 4, 4, 2}));
  const QuantParams relu = PerLayer(0.03F, -128);
  const bool read = GENERATE(true, false);
  b.Output(b.Emit(Abs{}, {read ? conv : Pair(b, conv, relu, "c")}, "y"));
  b.Output(b.Emit(Abs{}, {Pair(b, conv, relu, "d")}, "z"));
  CHECK(Count<QuantizeLinear>(Lifted(b)) == (read ? 1 : 0));
}

TEST_CASE("A pair stays where TFLite gives its operand other parameters", "[passes]") {
  GraphBuilder b;
  const TensorId p = b.Emit(Softmax{}, {b.Input("x", {2, 3})}, "p");
  SECTION("as behind a Softmax") {
    b.Output(b.Emit(Abs{}, {Pair(b, p, PerLayer(0.01F, 0), "d")}, "y"));
    CHECK(Count<QuantizeLinear>(Lifted(b)) == 1);
  }
  SECTION("which may be those that the model gives") {
    b.Output(b.Emit(Abs{}, {Pair(b, p, PerLayer(1.0F / 256, -128), "d")}, "y"));
    CHECK(Count<QuantizeLinear>(Lifted(b)) == 0);
  }
  SECTION("and where it has had others") {
    const TensorId first = Pair(b, b.Emit(Abs{}, {p}, "abs"), PerLayer(0.5F, 3), "first");
    b.Output(b.Emit(Neg{}, {Pair(b, first, PerLayer(0.25F, 3), "second")}, "y"));
    const Graph graph = Lifted(b);
    CHECK(Count<QuantizeLinear>(graph) == 1);
    CHECK(GridOf(graph, "first") == PerLayer(0.5F, 3));
  }
}

TEST_CASE("Pairs that no int8 tensor can stand for stay", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Emit(Abs{}, {b.Input("x", {2, 3, 4})}, "abs");
  SECTION("one scale for each channel") {
    const QuantParams channels = {{0.01F, 0.02F, 0.04F}, {-3, 0, 90}, 1};
    b.Output(b.Emit(Neg{}, {Pair(b, x, channels, "d")}, "y"));
  }
  SECTION("integers that somebody else reads") {
    b.Output(Pair(b, x, PerLayer(0.5F, 0), "d"));
    Graph graph = b.Build();
    b.Output(graph.FindTensor("d/q"));
  }
  SECTION("from an input straight to an output") {
    b.Output(Pair(b, b.Input("z", {4}), PerLayer(0.5F, 0), "d"));
  }
  const Graph graph = Lifted(b);
  CHECK(graph.grids.empty());
  CHECK(Count<QuantizeLinear>(graph) == 1);
}

/// Emits a pair of 16 bits behind `x`.
///   type  kInt16, or kInt32, which holds uint16
TensorId WidePair(GraphBuilder& b, TensorId x, const QuantParams& quant, ElementType type,
                  const std::string& name) {
  const bool is_signed = type == ElementType::kInt16;
  const QuantizeLinear quantize{quant, is_signed ? -32768 : 0, is_signed ? 32767 : 65535, type};
  return b.Emit(DequantizeLinear{quant}, {b.Emit(quantize, {x}, name + "/q")}, name);
}

TEST_CASE("int16 pairs without a zero point become int16 grids", "[passes]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.001F, 0);
  const TensorId relu = b.Emit(Relu{}, {b.Input("x", {4})}, "relu");
  b.Output(b.Emit(Neg{}, {WidePair(b, relu, quant, ElementType::kInt16, "d")}, "y"));
  const Graph graph = Lifted(b);
  CHECK(graph.grids.at(graph.FindTensor("d")) == IntegerForm{ElementType::kInt16, quant});
  CHECK(graph.metadata.at("quantization") ==
        "the model's own, of 1 tensors, 1 of them with 16 bits");
}

TEST_CASE("Others reach over their range, as far as the producer does", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4});
  const TensorId relu = b.Emit(Relu{}, {x}, "relu");
  // From -42.768 to 22.767.
  const QuantParams quant = PerLayer(0.001F, 10000);
  b.Output(b.Emit(Neg{}, {WidePair(b, relu, quant, ElementType::kInt16, "clamped")}, "y"));
  b.Output(b.Emit(Neg{}, {WidePair(b, x, quant, ElementType::kInt16, "free")}, "z"));
  const Graph graph = Lifted(b);
  const auto scale = [&](const std::string& name) {
    const IntegerForm& grid = graph.grids.at(graph.FindTensor(name));
    CHECK(grid.type == ElementType::kInt16);
    CHECK(grid.params.zero_point() == 0);
    return grid.params.scale();
  };
  CHECK(scale("clamped") == Approx(22.767F / 32767));
  CHECK(scale("x") == Approx(42.768F / 32767));
}

TEST_CASE("A pair of 16 bits that stands for a Relu becomes one", "[passes]") {
  GraphBuilder b;
  const TensorId conv = Convolution(b, b.Input("x", {1, 4, 4, 2}));
  SECTION("which its producer takes over") {
    b.Output(WidePair(b, conv, PerLayer(0.001F, -32768), ElementType::kInt16, "y"));
    CHECK(NodesOf(Lifted(b)) == "y = Conv2D(x, w, bias) {relu}\n");
  }
  SECTION("but not where nothing is below 0") {
    const TensorId relu = b.Emit(Relu{}, {conv}, "relu");
    const TensorId mean = b.Emit(Mean{{1, 2}, true}, {relu}, "mean");
    const TensorId y = WidePair(b, mean, PerLayer(0.001F, -32768), ElementType::kInt16, "y");
    const TensorId softmax = b.Emit(Softmax{}, {y}, "softmax");
    b.Output(WidePair(b, softmax, PerLayer(1.0F / 65536, -32768), ElementType::kInt16, "z"));
    CHECK(NodesOf(Lifted(b)) ==
          "relu = Conv2D(x, w, bias) {relu}\ny = Mean(relu) {axes [1,2], keep_dims}\nz = "
          "Softmax(y) {beta 1}\n");
  }
  SECTION("which has a grid in front where nobody else reads what it cuts off") {
    const TensorId leaky = b.Emit(LeakyRelu{0.1F}, {conv}, "leaky");
    b.Output(WidePair(b, leaky, PerLayer(0.001F, -32768), ElementType::kInt16, "y"));
    const Graph graph = Lifted(b);
    const IntegerForm& grid = graph.grids.at(graph.FindTensor("y"));
    CHECK(graph.grids.at(graph.FindTensor("leaky")) == grid);
  }
  SECTION("which stays where others read what it cuts off") {
    const QuantParams quant = PerLayer(0.001F, 0);
    b.Output(WidePair(b, conv, quant, ElementType::kInt32, "y"));
    b.Output(b.Emit(Neg{}, {conv}, "z"));
    const Graph graph = Lifted(b);
    CHECK(NodesOf(graph) == "conv = Conv2D(x, w, bias)\ny = Relu(conv)\nz = Neg(conv)\n");
    CHECK(graph.grids.at(graph.FindTensor("y")).params.scale() == Approx(65.535F / 32767));
    CHECK(graph.grids.count(graph.FindTensor("conv")) == 0);
  }
}

}  // namespace
}  // namespace qconvert
