#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

const Window kPadded{
    .stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};

std::vector<float> Compute(const Operator& op, const Shape& shape, std::vector<float> values) {
  GraphBuilder b;
  return RunFloat(b.Output(b.Emit(op, {b.Constant("x", shape, std::move(values))})).Build(), {});
}

TEST_CASE("AveragePool2D leaves padding out of the count", "[ops]") {
  CHECK(Compute(AveragePool2D{2, 2, kPadded}, {1, 2, 2, 1}, {1, 2, 3, 4}) ==
        std::vector<float>{1, 2, 3, 4});
  CHECK(Compute(AveragePool2D{3, 3, kPadded}, {1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}) ==
        std::vector<float>{3, 4, 6, 7});
  CHECK(Compute(AveragePool2D{1, 2, {}, Activation::kRelu6}, {1, 1, 3, 2}, {1, -9, 3, 1, 5, 90}) ==
        std::vector<float>{2, 0, 4, 6});
}

TEST_CASE("MaxPool2D passes padding over", "[ops]") {
  CHECK(Compute(MaxPool2D{3, 3, kPadded}, {1, 3, 3, 1}, {-1, -2, -3, -4, -5, -6, -7, -8, -9}) ==
        std::vector<float>{-1, -2, -4, -5});
  CHECK(Compute(MaxPool2D{1, 2, {}, Activation::kRelu}, {1, 1, 3, 2}, {1, -9, 3, -1, 5, 9}) ==
        std::vector<float>{3, 0, 5, 9});
}

TEST_CASE("Pools give the size that the window fits", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 8, 7, 5});
  CHECK(b.tensor(b.Emit(MaxPool2D{3, 2, kPadded}, {x})).shape == Shape{2, 4, 4, 5});
  CHECK(b.tensor(b.Emit(AveragePool2D{8, 7, {}}, {x})).shape == Shape{2, 1, 1, 5});
}

TEST_CASE("Int8 MaxPool2D is exact and AveragePool2D within a step", "[ops]") {
  const Int8Operand image{{2, 7, 6, 5}, 0.05F, -20};
  const QuantParams same = PerLayer(0.05F, -20);
  for (Activation activation : {Activation::kNone, Activation::kRelu6}) {
    const BothWays most = RunBothWays(MaxPool2D{3, 2, kPadded, activation}, {image}, same);
    CHECK(most.integer == most.real);
    const BothWays average = RunBothWays(AveragePool2D{3, 2, kPadded, activation}, {image}, same);
    CHECK_THAT(average.integer, WithinSteps(average.real, 1));
  }
}

TEST_CASE("Int8 AveragePool2D rounds halves away from zero, zero point or not", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 1, 4, 1}, ElementType::kInt8, PerLayer(1, 50));
  const Window window{.stride_w = 2};
  b.Output(b.Emit(AveragePool2D{1, 2, window}, {x}, "y", ElementType::kInt8, PerLayer(1, 50)));
  Tensor input = MakeConstantTensor("x", {1, 1, 4, 1}, std::vector<int8_t>{1, 2, -1, -2});
  input.quant = PerLayer(1, 50);
  CHECK(ToVector<int8_t>(RunReference(b.Build(), {input}).front()) == std::vector<int8_t>{2, -2});
}

TEST_CASE("Pools refuse windows that hold no pixel or do not fit", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2}), flat = b.Input("flat", {4, 4});
  CHECK_THROWS_AS(b.Emit(MaxPool2D{2, 2, {.pad_top = 2}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(AveragePool2D{2, 2, {.pad_right = 2}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(AveragePool2D{5, 2, {}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(AveragePool2D{0, 2, {}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(MaxPool2D{2, 2, {.stride_w = 0}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(MaxPool2D{2, 2, {.dilation_h = 2}}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(MaxPool2D{2, 2, {}}, {flat}), Error);
}

}  // namespace
}  // namespace qconvert
