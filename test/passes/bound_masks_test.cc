#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "lib/passes/scores.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

std::vector<float> Values(const Graph& graph, const std::string& name) {
  const auto values = graph.tensor(graph.FindTensor(name)).Values<float>();
  return {values.begin(), values.end()};
}

TEST_CASE("A mask that is added becomes finite, and the probabilities stay", "[passes]") {
  const float masked = GENERATE(-1e9F, kLowest, -kInfinity);
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {3}, {0, -10000, masked});
  const TensorId sum = b.Emit(Add{}, {b.Input("x", {2, 3}), mask});
  b.Output(b.Emit(Softmax{}, {b.Emit(Reshape{{3, 2}}, {b.Emit(Reshape{{2, 3}}, {sum})})}));
  b.Output(b.Emit(Softmax{}, {sum}, "p"));
  CHECK(Values(RunPass(BoundMasks, b.Build()), "mask") == std::vector<float>{0, -10000, -kMask});
}

TEST_CASE("A masked branch of Where becomes finite on either side", "[passes]") {
  const bool first = GENERATE(true, false);
  GraphBuilder b;
  const TensorId c = b.Input("c", {3}, ElementType::kBool);
  const TensorId x = b.Input("x", {2, 3});
  const TensorId mask = b.Constant<float>("mask", {}, {-kInfinity});
  const TensorId chosen = b.Emit(Select{}, {c, first ? mask : x, first ? x : mask});
  b.Output(b.Emit(LogSoftmax{}, {b.Emit(Neg{}, {b.Emit(Neg{}, {chosen})})}));
  Graph graph = b.Build();
  BoundMasks(graph);
  CHECK(Values(graph, "mask") == std::vector<float>{-kMask});
}

TEST_CASE("Two of the lowest numbers that meet no longer overflow", "[passes]") {
  GraphBuilder b;
  const TensorId inverse = b.Emit(Sub{}, {b.Scalar(1), b.Input("m", {1, 3})});
  const TensorId factor = b.Constant<float>("factor", {}, {kLowest});
  const TensorId causal = b.Constant<float>("causal", {1, 3}, {0, 0, kLowest});
  const TensorId mask = b.Emit(Add{}, {b.Emit(Mul{}, {inverse, factor}), causal});
  b.Output(b.Emit(Softmax{}, {b.Emit(Add{}, {b.Input("x", {2, 3}), mask})}, "p"));
  Graph graph = b.Build();
  BoundMasks(graph);
  CHECK(Values(graph, "factor") == std::vector<float>{-kMask});
  const Tensor m = MakeConstantTensor<float>("m", {1, 3}, {1, 1, 0});
  const Tensor x = MakeConstantTensor<float>("x", {2, 3}, {1, 1, 9, 2, 2, -9});
  CHECK(RunFloat(graph, {m, x}) == std::vector<float>{0.5F, 0.5F, 0, 0.5F, 0.5F, 0});
}

TEST_CASE("A row of nothing but masked scores becomes uniform", "[passes]") {
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {4}, std::vector<float>(4, -kInfinity));
  b.Output(b.Emit(Softmax{}, {b.Emit(Maximum{}, {mask, b.Input("x", {1, 4})})}, "p"));
  Graph graph = b.Build();
  BoundMasks(graph);
  const Tensor x = MakeConstantTensor("x", {1, 4}, std::vector<float>(4, -1e9F));
  CHECK(RunFloat(graph, {x}) == std::vector<float>(4, 0.25F));
}

TEST_CASE("A mask in a bias, and one that is subtracted, become finite", "[passes]") {
  GraphBuilder b;
  const TensorId bias = b.Constant<float>("bias", {2}, {0.5F, -kInfinity});
  const TensorId logits =
      b.Emit(FullyConnected{}, {b.Input("x", {1, 3}), b.Random("w", {2, 3}), bias});
  const TensorId mask = b.Constant<float>("mask", {2}, {0, 1e9F});
  b.Output(b.Emit(Softmax{}, {b.Emit(Sub{}, {logits, mask})}, "p"));
  const Graph after = RunPass(BoundMasks, b.Build());
  CHECK(Values(after, "bias") == std::vector<float>{0.5F, -kMask});
  CHECK(Values(after, "mask") == std::vector<float>{0, kMask});
}

TEST_CASE("The logarithm of a mask of 0 and 1 becomes finite", "[passes]") {
  GraphBuilder b;
  const TensorId log = b.Emit(Log{}, {b.Input("m", {1, 3})}, "log");
  b.Output(b.Emit(Softmax{}, {b.Emit(Add{}, {b.Input("x", {1, 3}), log})}, "p"));
  Graph graph = b.Build();
  BoundMasks(graph);
  const Tensor m = MakeConstantTensor<float>("m", {1, 3}, {1, 1, 0});
  const Tensor x = MakeConstantTensor<float>("x", {1, 3}, {2, 2, 5});
  const std::vector<float> probabilities = RunFloat(graph, {m, x});
  CHECK(probabilities[0] == 0.5F);
  CHECK(probabilities[2] < 1e-30F);
  graph.outputs = {graph.FindTensor("log")};
  const std::vector<float> logs = RunFloat(graph, {m, x});
  CHECK(logs[0] == 0);
  CHECK(std::isfinite(logs[2]));
}

TEST_CASE("Numbers that are no mask of a softmax stay", "[passes]") {
  const bool output = GENERATE(true, false);
  GraphBuilder b;
  const TensorId mask = b.Constant<float>("mask", {3}, {0, 1, -1e9F});
  const TensorId sum = b.Emit(Add{}, {b.Input("x", {2, 3}), mask}, "sum");
  b.Output(b.Emit(Softmax{}, {sum}, "p"));
  b.Output(output ? sum : b.Emit(Tanh{}, {sum}, "t"));
  CHECK(Values(RunPass(BoundMasks, b.Build()), "mask") == std::vector<float>{0, 1, -1e9F});
}

TEST_CASE("A mean of scores is no score: a clamp would change it", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 2, 2, 3});
  const TensorId pooled = b.Emit(AveragePool2D{2, 2, {}}, {x}, "pooled");
  const TensorId relu = b.Emit(Add{Activation::kRelu}, {pooled, b.Scalar(1)}, "relu");
  b.Output(b.Emit(Softmax{}, {relu}, "p"));
  const Graph graph = b.Build();
  const std::vector<bool> scores = FindScores(graph);
  const auto is_score = [&](const char* name) {
    return scores[static_cast<size_t>(graph.FindTensor(name))];
  };
  CHECK(is_score("relu"));
  CHECK_FALSE(is_score("pooled"));
  CHECK_FALSE(is_score("x"));
  CHECK_FALSE(is_score("p"));
}

}  // namespace
}  // namespace qconvert
