#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Folding rounds each weight once more: 2^-24 each, summed over less than a hundred products.
constexpr double kRounding = 1e-5;

TensorId EmitBatchNorm(GraphBuilder& b, TensorId x, const std::string& name) {
  const int64_t channels = b.tensor(x).shape.back();
  return b.Emit(BatchNorm{},
                {x, b.Random("gamma", {channels}, -2, 2), b.Random("beta", {channels}),
                 b.Random("mean", {channels}), b.Random("variance", {channels}, 0.1F, 3)},
                name);
}

TEST_CASE("Batch norm folds into the linear operator before it", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  SECTION("Conv2D in groups, without a bias") {
    b.Output(EmitBatchNorm(b, b.Emit(Conv2D{}, {x, b.Random("w", {6, 3, 3, 2})}), "y"));
  }
  SECTION("DepthwiseConv2D with a multiplier") {
    const TensorId w = b.Random("w", {1, 3, 3, 8}), bias = b.Random("b", {8});
    b.Output(EmitBatchNorm(b, b.Emit(DepthwiseConv2D{}, {x, w, bias}), "y"));
  }
  SECTION("TransposeConv2D") {
    const TransposeConv2D conv{{2, 2}, 11, 13};
    b.Output(EmitBatchNorm(b, b.Emit(conv, {x, b.Random("w", {3, 3, 3, 4})}), "y"));
  }
  SECTION("FullyConnected") {
    b.Output(EmitBatchNorm(b, b.Emit(FullyConnected{}, {x, b.Random("w", {5, 4})}), "y"));
  }
  const Graph after = RunPass(FoldBatchNorm, b.Build(), kRounding);
  CHECK(after.nodes().size() == 1);
  CHECK(after.tensor(after.outputs[0]).name == "y");
}

TEST_CASE("Batch norm leaves each channel's mean and deviation on the result", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2, 2, 2});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {2, 1, 1, 2})});
  const TensorId gamma = b.Constant<float>("gamma", {2}, {-3, 2});
  const TensorId beta = b.Constant<float>("beta", {2}, {5, -1});
  const TensorId rest = b.Constant<float>("rest", {2}, {1, 1});
  b.Output(b.Emit(BatchNorm{}, {conv, gamma, beta, rest, rest}, "y"));
  const Graph after = RunPass(FoldBatchNorm, b.Build(), kRounding);
  const ChannelStatistics& statistics = after.statistics.at(after.outputs[0]);
  CHECK(statistics.mean == std::vector<float>{5, -1});
  CHECK(statistics.deviation == std::vector<float>{3, 2});
}

TEST_CASE("Batch norm folds into what follows, but not through padding", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  const TensorId n = EmitBatchNorm(b, x, "n");
  SECTION("Conv2D in groups") {
    b.Output(b.Emit(Conv2D{}, {n, b.Random("w", {6, 3, 3, 2})}));
    CHECK(RunPass(FoldBatchNorm, b.Build(), kRounding).nodes().size() == 1);
  }
  SECTION("DepthwiseConv2D with a multiplier") {
    b.Output(b.Emit(DepthwiseConv2D{}, {n, b.Random("w", {1, 3, 3, 8}), b.Random("b", {8})}));
    CHECK(RunPass(FoldBatchNorm, b.Build(), kRounding).nodes().size() == 1);
  }
  SECTION("FullyConnected") {
    b.Output(b.Emit(FullyConnected{}, {n, b.Random("w", {5, 4})}));
    CHECK(RunPass(FoldBatchNorm, b.Build(), kRounding).nodes().size() == 1);
  }
  SECTION("Conv2D with padding") {
    const Conv2D conv{{.pad_left = 1}};
    b.Output(b.Emit(conv, {n, b.Random("w", {6, 3, 3, 4})}));
    const Graph after = RunPass(FoldBatchNorm, b.Build(), kRounding);
    CHECK(Count<DepthwiseConv2D>(after) == 1);
    CHECK(Count<Conv2D>(after) == 1);
  }
}

TEST_CASE("Batch norm with no partner becomes a 1x1 depthwise convolution", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  b.Output(b.Emit(Relu{}, {EmitBatchNorm(b, x, "n")}, "y"));
  CHECK(NodesOf(RunPass(FoldBatchNorm, b.Build(), kRounding)) ==
        "n = DepthwiseConv2D(x, n/scale, n/shift)\n"
        "y = Relu(n)\n");
}

TEST_CASE("Batch norm of vectors with no partner becomes Mul and Add", "[passes]") {
  GraphBuilder b;
  b.Output(b.Emit(Relu{}, {EmitBatchNorm(b, b.Input("x", {3, 4}), "n")}, "y"));
  CHECK(NodesOf(RunPass(FoldBatchNorm, b.Build(), kRounding)) ==
        "n/scaled = Mul(x, n/scale)\n"
        "n = Add(n/scaled, n/shift)\n"
        "y = Relu(n)\n");
}

TEST_CASE("A convolution that somebody else reads keeps its weights", "[passes]") {
  GraphBuilder b;
  const TensorId conv = b.Emit(Conv2D{}, {b.Input("x", {1, 5, 6, 4}), b.Random("w", {6, 1, 1, 4})});
  b.Output(EmitBatchNorm(b, conv, "n")).Output(b.Emit(Relu{}, {conv}));
  CHECK(Count<DepthwiseConv2D>(RunPass(FoldBatchNorm, b.Build(), kRounding)) == 1);
}

TEST_CASE("A variance that is not positive is refused with the node's name", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2}), one = b.Constant<float>("one", {2}, {1, 1});
  const TensorId variance = b.Constant<float>("variance", {2}, {1, -1});
  b.Output(b.Emit(BatchNorm{}, {x, one, one, one, variance}, "bad"));
  Graph graph = b.Build();
  CHECK_THROWS_WITH(FoldBatchNorm(graph), Catch::Contains("'bad'") && Catch::Contains("channel 1"));
}

TEST_CASE("Arithmetic with constants folds into the linear operator before it", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {3, 3, 3, 4}), b.Random("b", {3})});
  const TensorId scaled = b.Emit(Mul{}, {b.Random("s", {1, 1, 1, 3}), conv});
  const TensorId shifted = b.Emit(Sub{}, {b.Scalar(2), scaled});
  b.Output(b.Emit(Add{Activation::kRelu}, {shifted, b.Random("t", {3})}, "y"));
  const Graph after = RunPass(FoldAffine, b.Build(), kRounding);
  REQUIRE(after.nodes().size() == 1);
  CHECK(after.nodes().front().As<Conv2D>()->activation == Activation::kRelu);
}

TEST_CASE("A constant that varies over pixels is not folded", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 3, 4});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {3, 1, 1, 4})});
  b.Output(b.Emit(Add{}, {conv, b.Random("t", {1, 3, 1})}));
  CHECK(RunPass(FoldAffine, b.Build()).nodes().size() == 2);
}

}  // namespace
}  // namespace qconvert
