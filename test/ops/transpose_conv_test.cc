#include <cmath>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

TEST_CASE("TransposeConv2D adds the filter for each pixel", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {1, 1, 3, 1}, {1, 10, 100});
  const TensorId w = b.Constant<float>("w", {1, 1, 3, 1}, {1, 2, 3});
  const TensorId bias = b.Constant<float>("bias", {1}, {1000});
  const Window step{.stride_w = 2}, cropped{.stride_w = 2, .pad_left = 1, .pad_right = 1};
  const Window longer{.stride_w = 2, .pad_right = -1};
  b.Output(b.Emit(TransposeConv2D{step, 1, 7}, {x, w}));
  b.Output(b.Emit(TransposeConv2D{cropped, 1, 5}, {x, w}));
  b.Output(b.Emit(TransposeConv2D{longer, 1, 8}, {x, w, bias}));
  const Graph graph = b.Build();
  CHECK(RunFloat(graph, {}, 0) == std::vector<float>{1, 2, 13, 20, 130, 200, 300});
  CHECK(RunFloat(graph, {}, 1) == std::vector<float>{2, 13, 20, 130, 200});
  CHECK(RunFloat(graph, {}, 2) ==
        std::vector<float>{1001, 1002, 1013, 1020, 1130, 1200, 1300, 1000});
}

/// Returns the sum of the products of two lists.
double Product(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// conv(x) . y = x . conv'(y), which defines the transposed map.
TEST_CASE("TransposeConv2D is the adjoint of Conv2D", "[ops]") {
  const Window window{
      .stride_h = 2, .stride_w = 3, .pad_top = 1, .pad_left = 0, .pad_bottom = 2, .pad_right = 1};
  GraphBuilder b;
  const TensorId x = b.Random("x", {2, 6, 7, 3}), w = b.Random("w", {4, 3, 2, 3});
  const TensorId forward = b.Emit(Conv2D{window}, {x, w});
  const TensorId y = b.Random("y", b.tensor(forward).shape);
  const TensorId turned = b.Emit(Transpose{{3, 1, 2, 0}}, {w});
  b.Output(forward).Output(b.Emit(TransposeConv2D{window, 6, 7}, {y, turned}));
  const Graph graph = b.Build();
  const double direct = Product(RunFloat(graph, {}, 0), ToVector<float>(graph.tensor(y)));
  const double adjoint = Product(ToVector<float>(graph.tensor(x)), RunFloat(graph, {}, 1));
  // 96 and 252 floats below 24, each off by 2^-24 of itself, times numbers below 1.
  CHECK(std::abs(direct - adjoint) < (96 + 252) * 24 * 0x1p-24);
}

TEST_CASE("Int8 TransposeConv2D is within a step", "[ops]") {
  const Window window{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1};
  const BothWays both = RunBothWays(TransposeConv2D{window, 8, 8, Activation::kRelu},
                                    {{{1, 4, 4, 5}, 0.05F, -3}, {{3, 3, 3, 5}, 0.02F, 0, -127}},
                                    PerLayer(0.06F, -40));
  CHECK_THAT(both.integer, WithinSteps(both.real, 1));
}

TEST_CASE("TransposeConv2D refuses operands that do not fit", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2}), w = b.Random("w", {3, 2, 2, 2});
  const TensorId odd = b.Random("odd", {3, 2, 2, 3}), bias = b.Random("bias", {2});
  CHECK_THROWS_AS(b.Emit(TransposeConv2D{{}, 5, 5}, {x, odd}), Error);
  CHECK_THROWS_AS(b.Emit(TransposeConv2D{{}, 5, 5}, {x, w, bias}), Error);
  CHECK_THROWS_AS(b.Emit(TransposeConv2D{{}, 0, 5}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(TransposeConv2D{{.stride_h = 0}, 5, 5}, {x, w}), Error);
  CHECK_THROWS_AS(b.Emit(TransposeConv2D{{.stride_w = 8388607}, 5, 5}, {x, w}), Error);
  CHECK(b.tensor(b.Emit(TransposeConv2D{{}, 5, 5}, {x, w})).shape == Shape{1, 5, 5, 3});
}

}  // namespace
}  // namespace qconvert
