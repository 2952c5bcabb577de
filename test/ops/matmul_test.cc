#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

TEST_CASE("FullyConnected multiplies rows by rows of its weights", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {1, 2, 3}, {1, 2, 3, -1, 0, 1});
  const TensorId w = b.Constant<float>("w", {2, 3}, {1, 1, 1, 0, -2, 0});
  const TensorId bias = b.Constant<float>("bias", {2}, {10, 0});
  b.Output(b.Emit(FullyConnected{}, {x, w, bias}));
  b.Output(b.Emit(FullyConnected{Activation::kRelu}, {x, w}));
  const Graph graph = b.Build();
  CHECK(graph.tensor(graph.outputs[0]).shape == Shape{1, 2, 2});
  CHECK(RunFloat(graph, {}, 0) == std::vector<float>{16, -4, 10, 0});
  CHECK(RunFloat(graph, {}, 1) == std::vector<float>{6, 0, 0, 0});
}

TEST_CASE("BatchMatMul multiplies matrices and repeats single ones", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {2, 1, 2}, {1, 2, 3, 4});
  const TensorId y = b.Constant<float>("y", {1, 2, 2}, {1, 0, 10, 1});
  b.Output(b.Emit(BatchMatMul{}, {x, y}));
  const Graph graph = b.Build();
  CHECK(graph.tensor(graph.outputs[0]).shape == Shape{2, 1, 2});
  CHECK(RunFloat(graph, {}) == std::vector<float>{21, 2, 43, 4});
}

TEST_CASE("BatchMatMul multiplies transposed operands", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Random("x", {3, 4, 5}), y = b.Random("y", {2, 1, 5, 6});
  const TensorId x_t = b.Emit(Transpose{{0, 2, 1}}, {x});
  const TensorId y_t = b.Emit(Transpose{{0, 1, 3, 2}}, {y});
  b.Output(b.Emit(BatchMatMul{}, {x, y}));
  b.Output(b.Emit(BatchMatMul{true, false}, {x_t, y}));
  b.Output(b.Emit(BatchMatMul{false, true}, {x, y_t}));
  b.Output(b.Emit(BatchMatMul{true, true}, {x_t, y_t}));
  const Graph graph = b.Build();
  for (size_t i = 0; i < 4; ++i) {
    CHECK(graph.tensor(graph.outputs[i]).shape == Shape{2, 3, 4, 6});
    CHECK(RunFloat(graph, {}, i) == RunFloat(graph, {}, 0));
  }
}

// One rounding each, of sums that are exact in int32 and nearly so in double.
TEST_CASE("Int8 matrix products are within a step", "[ops]") {
  const Int8Operand rows{{3, 40}, 0.05F, -20}, weights{{6, 40}, 0.01F, 0, -127};
  const BothWays connected =
      RunBothWays(FullyConnected{Activation::kRelu6}, {rows, weights}, PerLayer(0.1F, 7));
  CHECK_THAT(connected.integer, WithinSteps(connected.real, 1));
  const BothWays product = RunBothWays(
      BatchMatMul{false, true}, {{{2, 3, 9}, 0.05F, 12}, {{4, 9}, 0.03F, -100}}, PerLayer(0.2F, 3));
  CHECK_THAT(product.integer, WithinSteps(product.real, 1));
}

/// Runs 3 and -3 through int8 weights, an input zero point of 1 and a result scale of 1.
std::vector<int8_t> RunInt8(std::vector<int8_t> weights, const QuantParams& params) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 1}, ElementType::kInt8, PerLayer(1, 1));
  const auto outputs = static_cast<int64_t>(weights.size());
  Tensor constant = MakeConstantTensor("w", {outputs, 1}, std::move(weights));
  constant.quant = params;
  const TensorId w = b.Add(std::move(constant));
  b.Output(b.Emit(FullyConnected{}, {x, w}, "y", ElementType::kInt8, PerLayer(1, 0)));
  Tensor input = MakeConstantTensor("x", {2, 1}, std::vector<int8_t>{4, -2});
  input.quant = PerLayer(1, 1);
  return ToVector<int8_t>(RunReference(b.Build(), {input}).front());
}

TEST_CASE("Int8 FullyConnected rounds once, halves away from zero", "[ops]") {
  CHECK(RunInt8({1, 2}, PerLayer(0.5F, 0)) == std::vector<int8_t>{2, 3, -2, -3});
  CHECK(RunInt8({1, 2}, PerLayer(0.5F, 2)) == std::vector<int8_t>{-2, 0, 2, 0});
  CHECK(RunInt8({1, 2}, {{1, 0.25F}, {0, 0}, 0}) == std::vector<int8_t>{3, 2, -3, -2});
}

TEST_CASE("Matrix products refuse operands that do not fit", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3}), w = b.Random("w", {4, 3}), row = b.Input("row", {3});
  const TensorId cube = b.Random("cube", {4, 3, 1}), bias = b.Random("bias", {3});
  const TensorId batch = b.Input("batch", {2, 3, 4}), other = b.Input("other", {3, 4, 3});
  CHECK_THROWS_AS(b.Emit(FullyConnected{}, {w, x, bias}), Error);
  CHECK_THROWS_AS(b.Emit(FullyConnected{}, {x, cube}), Error);
  CHECK_THROWS_AS(b.Emit(FullyConnected{}, {x, w, bias}), Error);
  CHECK_THROWS_AS(b.Emit(BatchMatMul{}, {x, row}), Error);
  CHECK_THROWS_AS(b.Emit(BatchMatMul{}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(BatchMatMul{}, {batch, other}), Error);
  CHECK_THROWS_AS(RunInt8({1, 2, 3}, {{1, 1}, {0, 0}, 0}), Error);
  CHECK_THROWS_AS(RunInt8({1, 2}, PerLayer(1, 1000)), Error);
}

}  // namespace
}  // namespace qconvert
