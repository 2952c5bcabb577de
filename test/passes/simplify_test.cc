#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TEST_CASE("Nodes that change nothing go", "[passes]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {2, 3, 4});
  x = b.Emit(Neg{}, {x}, "n");
  x = b.Emit(Reshape{{2, 3, 4}}, {x});
  x = b.Emit(Transpose{{0, 1, 2}}, {x});
  x = b.Emit(Cast{ElementType::kFloat32}, {x});
  x = b.Emit(Concat{1}, {x});
  x = b.Emit(BroadcastTo{{2, 3, 4}}, {x});
  x = b.Emit(Pad{{0, 0, 0}, {0, 0, 0}, 1}, {x});
  x = b.Emit(Tile{{1, 1, 1}}, {x});
  x = b.Emit(StridedSlice{{0, 0, 0}, {1, 1, 1}, {2, 3, 4}}, {x});
  x = b.Emit(Mul{}, {b.Scalar(1), x});
  x = b.Emit(Add{}, {x, b.Scalar(0)});
  x = b.Emit(Sub{}, {x, b.Scalar(0)});
  x = b.Emit(Div{}, {x, b.Scalar(1)});
  b.Output(b.Emit(Abs{}, {x}, "y"));
  CHECK(NodesOf(RunPass(DropIdentities, b.Build())) == "n = Neg(x)\ny = Abs(n)\n");
}

TEST_CASE("Nodes that change something stay", "[passes]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {1, 3});
  x = b.Emit(Add{}, {x, b.Constant<float>("zeros", {2, 1}, {0, 0})});  // broadcasts
  x = b.Emit(Sub{}, {b.Scalar(0), x});
  x = b.Emit(Div{}, {b.Scalar(1), x});
  x = b.Emit(Mul{Activation::kRelu}, {x, b.Scalar(1)});
  x = b.Emit(StridedSlice{{1, 0}, {-1, 1}, {2, 3}}, {x});
  b.Output(x);
  CHECK(RunPass(DropIdentities, b.Build()).nodes().size() == 5);
}

TEST_CASE("Nodes of constants become constants, under their names", "[passes]") {
  GraphBuilder b;
  const TensorId sum = b.Emit(Add{}, {b.Scalar(2), b.Scalar(3)}, "five");
  b.Output(b.Emit(Mul{}, {b.Input("x", {2}), b.Emit(Neg{}, {sum}, "minus")}, "y"));
  const Graph after = RunPass(FoldConstants, b.Build());
  CHECK(NodesOf(after) == "y = Mul(x, minus)\n");
  CHECK(after.tensor(after.FindTensor("minus")).Values<float>()[0] == -5);
}

TEST_CASE("Reals are negated by a product, integers as they are", "[passes]") {
  GraphBuilder b;
  b.Output(b.Emit(Neg{}, {b.Input("x", {2, 3})}, "y"));
  b.Output(b.Emit(Neg{}, {b.Input("n", {4}, ElementType::kInt32)}, "z"));
  CHECK(NodesOf(RunPass(LowerNegation, b.Build())) ==
        "y = Mul(x, y/factor)\n"
        "z = Neg(n)\n");
}

TEST_CASE("Integer weights become real ones when a file is loaded", "[passes]") {
  GraphBuilder b;
  Tensor weights = MakeConstantTensor<int8_t>("w", {2, 3}, {-127, 0, 127, 4, 5, 6});
  weights.quant = QuantParams{{0.5F, 0.25F}, {0, 0}, 0};
  const TensorId real = b.Emit(Dequantize{}, {b.Add(weights)}, "real");
  b.Output(b.Emit(FullyConnected{}, {b.Input("x", {1, 3}), real}, "y"));
  const Graph after = RunPass(ComputeWeights, b.Build());
  CHECK(NodesOf(after) == "y = FullyConnected(x, real)\n");
  const auto values = after.tensor(after.FindTensor("real")).Values<float>();
  CHECK(std::vector<float>(values.begin(), values.end()) ==
        std::vector<float>{-63.5F, 0, 63.5F, 1, 1.25F, 1.5F});
}

TEST_CASE("What is computed from inputs is not dequantized at load", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2}, ElementType::kInt8, PerLayer(0.5F, 1));
  b.Output(b.Emit(Dequantize{}, {x}, "y"));
  CHECK(NodesOf(RunPass(ComputeWeights, b.Build())) == "y = Dequantize(x)\n");
}

TEST_CASE("A constant is not folded into a much larger one", "[passes]") {
  GraphBuilder b;
  const TensorId wide = b.Emit(BroadcastTo{{1024, 1024}}, {b.Scalar(2)});
  b.Output(b.Emit(Mul{}, {b.Input("x", {1024}), wide}));
  CHECK(RunPass(FoldConstants, b.Build()).nodes().size() == 2);
}

TEST_CASE("What nothing reads goes, inputs stay", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2}), unread = b.Input("unread", {2});
  const TensorId w = b.Random("w", {2});
  b.Emit(Relu{}, {b.Emit(Add{}, {unread, w})});
  b.Output(b.Emit(Neg{}, {x}, "y"));
  const Graph after = RunPass(DropDead, b.Build());
  CHECK(NodesOf(after) == "y = Neg(x)\n");
  CHECK(after.inputs.size() == 2);
  CHECK_FALSE(after.tensor(w).is_constant());
}

TEST_CASE("Convolutions get a bias, matrix products do without", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2, 2, 3});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {4, 1, 1, 3})}, "c");
  b.Output(b.Emit(FullyConnected{}, {conv, b.Random("v", {5, 4})}, "y"));
  CHECK(NodesOf(RunPass(AddBias, b.Build())) ==
        "c = Conv2D(x, w, c/bias)\n"
        "y = FullyConnected(c, v)\n");
}

TEST_CASE("A reduction drops the axes that a Reshape drops after it", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3, 4, 5});
  const TensorId mean = b.Emit(Mean{{1, 2}, true}, {x}, "mean");
  SECTION("when it drops these") {
    b.Output(b.Emit(Reshape{{2, 5}}, {mean}, "y"));
    CHECK(NodesOf(RunPass(SqueezeReductions, b.Build())) == "y = Mean(x) {axes [1,2]}\n");
  }
  SECTION("not when it makes another shape") {
    b.Output(b.Emit(Reshape{{10}}, {mean}, "y"));
    CHECK(RunPass(SqueezeReductions, b.Build()).nodes().size() == 2);
  }
}

TEST_CASE("A tensor gets the name back of one that is gone", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2});
  const TensorId other = b.Emit(Relu{}, {x}, "y");
  const TensorId y = b.Emit(Neg{}, {x}, "y/nhwc");
  b.Output(y);
  SECTION("when nothing reads that") {
    Graph graph = b.Build();
    RestoreNames(graph);
    CHECK(graph.tensor(y).name == "y");
  }
  SECTION("but not while it is there") {
    Graph graph = b.Output(other).Build();
    RestoreNames(graph);
    CHECK(graph.tensor(y).name == "y/nhwc");
  }
}

}  // namespace
}  // namespace qconvert
