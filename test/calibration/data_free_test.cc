#include "lib/calibration/data_free.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/passes/pipeline.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// x -> FullyConnected "a" -> FullyConnected "b" -> Reshape "c" -> Relu "d", all observed.
struct Chain {
  Graph graph;
  TensorId a, b, c, d;
  Ranges ranges;

  explicit Chain(Activation activation = Activation::kNone) {
    GraphBuilder builder;
    const TensorId x = builder.Input("x", {1, 4});
    a = builder.Emit(FullyConnected{activation}, {x, builder.Random("w", {4, 4})}, "a");
    b = builder.Emit(FullyConnected{}, {a, builder.Random("v", {4, 4})}, "b");
    c = builder.Emit(Reshape{{4}}, {b}, "c");
    d = builder.Emit(Relu{}, {c}, "d");
    graph = builder.Output(d).Build();
    ranges.resize(static_cast<size_t>(graph.tensor_count()));
    for (TensorId id : {x, a, b, c}) At(id) = Range{-1, 2};
    At(d) = Range{0, 2};
  }
  std::optional<Range>& At(TensorId id) { return ranges[static_cast<size_t>(id)]; }
};

TEST_CASE("Without batch norms the synthetic ranges stay", "[calibration]") {
  Chain chain;
  const Ranges before = chain.ranges;
  CHECK_FALSE(ApplyStatistics(chain.graph, chain.ranges, kInt8Steps));
  CHECK(chain.ranges == before);
}

TEST_CASE("A batch norm promises six deviations around the mean of each channel", "[calibration]") {
  Chain chain;
  chain.graph.statistics[chain.a] = {{1, -2, 0, 3}, {0.5F, 0.25F, 1, 0}};
  REQUIRE(ApplyStatistics(chain.graph, chain.ranges, kInt8Steps));
  CHECK(chain.At(chain.a) == Range{-6, 6});  // the third channel is the widest on both sides
}

TEST_CASE("A fused activation cuts what was promised", "[calibration]") {
  const ChannelStatistics statistics{{1, 1, 1, 1}, {2, 2, 2, 2}};  // [-11, 13]
  const auto promised = [&](Activation activation) {
    Chain chain(activation);
    chain.graph.statistics[chain.a] = statistics;
    ApplyStatistics(chain.graph, chain.ranges, kInt8Steps);
    return chain.At(chain.a).value();
  };
  CHECK(promised(Activation::kNone) == Range{-11, 13});
  CHECK(promised(Activation::kRelu) == Range{0, 13});
  CHECK(promised(Activation::kRelu6) == Range{0, 6});
  CHECK(promised(Activation::kReluN1To1) == Range{-1, 1});
}

TEST_CASE("Operators that follow grow with their operands", "[calibration]") {
  Chain chain;
  chain.graph.statistics[chain.a] = {{0, 0, 0, 0}, {1, 1, 1, 1}};
  ApplyStatistics(chain.graph, chain.ranges, kInt8Steps);
  REQUIRE(chain.At(chain.a) == Range{-6, 6});  // three times what the synthetic inputs reached
  CHECK(chain.At(chain.b) == Range{-3, 6});
  CHECK(chain.At(chain.c) == Range{-3, 6});
  CHECK(chain.At(chain.d) == Range{0, 6});
}

TEST_CASE("The range of a clipped mask grows with the sum that it masks", "[calibration]") {
  GraphBuilder b;
  const TensorId s = b.Emit(FullyConnected{}, {b.Input("x", {1, 2}), b.Random("w", {2, 2})}, "s");
  const TensorId mask = b.Constant<float>("mask", {2}, {0, -10000});
  const TensorId sum = b.Emit(Add{}, {s, mask}, "sum");
  Graph graph = b.Output(b.Emit(Softmax{}, {sum})).Build();
  graph.statistics[s] = {{0, 0}, {1, 1}};
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  ranges[static_cast<size_t>(s)] = Range{-2, 2};
  ranges[static_cast<size_t>(mask)] = Range{-12, 0};
  ranges[static_cast<size_t>(sum)] = Range{-10, 2};
  REQUIRE(ApplyStatistics(graph, ranges, kInt8Steps));
  REQUIRE(ranges[static_cast<size_t>(sum)] == Range{-30, 6});
  CHECK(ranges[static_cast<size_t>(mask)] == Range{-36, 0});
}

TEST_CASE("A range that was never observed is not made up", "[calibration]") {
  Chain chain;
  chain.graph.statistics[chain.a] = {{0, 0, 0, 0}, {1, 1, 1, 1}};
  chain.At(chain.b).reset();
  ApplyStatistics(chain.graph, chain.ranges, kInt8Steps);
  CHECK_FALSE(chain.At(chain.b));
  CHECK(chain.At(chain.c) == Range{-1, 2});
}

TEST_CASE("Statistics outlive the folding of their batch norm", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {3, 1, 1, 2})});
  const TensorId norm =
      b.Emit(BatchNorm{}, {conv, b.Constant<float>("gamma", {3}, {-1, 0.5F, 2}),
                           b.Constant<float>("beta", {3}, {0.5F, 0, 1}), b.Random("mean", {3}),
                           b.Random("variance", {3}, 0.5F, 2)});
  Graph graph = b.Output(b.Emit(Relu{}, {norm})).Build();
  RunFloatPasses(graph);
  REQUIRE(graph.nodes().size() == 1);
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  auto& result = ranges[static_cast<size_t>(graph.outputs[0])];
  result = Range{0, 1};
  REQUIRE(ApplyStatistics(graph, ranges, kInt8Steps));
  CHECK(result == Range{0, 13});  // beta + 6 |gamma| of the last channel, after the Relu
}

}  // namespace
}  // namespace qconvert
