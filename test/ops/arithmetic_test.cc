#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

template <typename T>
std::vector<T> Compute(const Operator& op, Shape a_shape, std::vector<T> a, Shape b_shape,
                       std::vector<T> b) {
  GraphBuilder builder;
  const TensorId x = builder.Constant("a", std::move(a_shape), std::move(a));
  const TensorId y = builder.Constant("b", std::move(b_shape), std::move(b));
  builder.Output(builder.Emit(op, {x, y}));
  return ToVector<T>(RunReference(builder.Build(), {}).front());
}

TEST_CASE("Arithmetic broadcasts as numpy does", "[ops]") {
  CHECK(Compute<float>(Add{}, {2, 3}, {1, 2, 3, 4, 5, 6}, {3}, {10, 20, 30}) ==
        std::vector<float>{11, 22, 33, 14, 25, 36});
  CHECK(Compute<float>(Sub{}, {2, 1}, {1, 2}, {1, 3}, {10, 20, 30}) ==
        std::vector<float>{-9, -19, -29, -8, -18, -28});
  CHECK(Compute<float>(Mul{}, {}, {2}, {2, 2}, {1, 2, 3, 4}) == std::vector<float>{2, 4, 6, 8});
  CHECK(Compute<float>(Div{}, {1, 2, 1}, {8, 4}, {2, 1, 2}, {1, 2, 4, 8}) ==
        std::vector<float>{8, 4, 4, 2, 2, 1, 1, 0.5F});
}

TEST_CASE("Integer arithmetic wraps, and division truncates towards zero", "[ops]") {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  CHECK(Compute<int64_t>(Div{}, {4}, {7, -7, 7, kLeast}, {4}, {2, 2, -2, -1}) ==
        std::vector<int64_t>{3, -3, -3, kLeast});
  CHECK(Compute<int32_t>(Add{}, {1}, {2147483647}, {1}, {1}) ==
        std::vector<int32_t>{-2147483647 - 1});
  CHECK_THROWS_AS(Compute<int64_t>(Div{}, {1}, {1}, {1}, {0}), Error);
}

TEST_CASE("A fused activation clamps the result", "[ops]") {
  const std::vector<float> a = {-8, -0.5F, 0.5F, 8}, zero = {0};
  CHECK(Compute<float>(Add{Activation::kRelu}, {4}, a, {1}, zero) ==
        std::vector<float>{0, 0, 0.5F, 8});
  CHECK(Compute<float>(Add{Activation::kRelu6}, {4}, a, {1}, zero) ==
        std::vector<float>{0, 0, 0.5F, 6});
  CHECK(Compute<float>(Sub{Activation::kReluN1To1}, {4}, a, {1}, zero) ==
        std::vector<float>{-1, -0.5F, 0.5F, 1});
}

TEST_CASE("Operands that do not fit are refused", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3}), y = b.Input("y", {2});
  const TensorId i = b.Input("i", {2, 3}, ElementType::kInt64);
  CHECK_THROWS_AS(b.Emit(Add{}, {x, y}), Error);
  CHECK_THROWS_AS(b.Emit(Mul{}, {x, i}), Error);
  CHECK_THROWS_AS(b.Emit(Sub{}, {x}), Error);
  const TensorId bytes = b.Input("bytes", {2, 3}, ElementType::kUInt8);
  CHECK_THROWS_AS(b.Emit(Add{}, {bytes, bytes}), Error);
  CHECK_THROWS_AS(b.Emit(Relu{}, {bytes}), Error);
}

// The operands are exact to 1/2^20 of a step and the product to 31 bits, so only the last rounding
// can differ, where the real value is near a half.
TEST_CASE("Int8 arithmetic is within a step of real arithmetic", "[ops]") {
  const Int8Operand a{{2, 5, 3, 4}, 0.02F, -7}, b{{4}, 0.05F, 11}, c{{2, 1, 3, 1}, 0.01F, 127};
  for (const Operator& op : {Operator{Add{}}, Operator{Sub{}}, Operator{Mul{}},
                             Operator{Add{Activation::kRelu6}}, Operator{Mul{Activation::kRelu}}}) {
    for (const auto& other : {b, c, a}) {
      const BothWays both = RunBothWays(op, {a, other}, PerLayer(0.06F, 3));
      CHECK_THAT(both.integer, WithinSteps(both.real, 1));
    }
  }
}

TEST_CASE("Int8 division is within a step where the divisor is not zero", "[ops]") {
  const BothWays both =
      RunBothWays(Div{}, {{{64}, 0.02F, -7}, {{64}, 0.05F, -100, -99, 127}}, PerLayer(0.03F, 3));
  CHECK_THAT(both.integer, WithinSteps(both.real, 1));
}

}  // namespace
}  // namespace qconvert
