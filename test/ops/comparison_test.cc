#include <cmath>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

using Bits = std::vector<uint8_t>;

Bits Result(GraphBuilder& b, const Operator& op, std::vector<TensorId> inputs) {
  b.Output(b.Emit(op, std::move(inputs)));
  return ToVector<uint8_t>(RunReference(b.Build(), {}).front());
}

TensorId Bools(GraphBuilder& b, Shape shape, Bits bits) {
  Tensor tensor{"bools", ElementType::kBool, std::move(shape)};
  tensor.constant = MakeConstant(std::move(bits));
  return b.Add(std::move(tensor));
}

template <typename T>
Bits Compare(const Operator& op, std::vector<T> a, std::vector<T> b) {
  GraphBuilder builder;
  const auto size_a = static_cast<int64_t>(a.size()), size_b = static_cast<int64_t>(b.size());
  const TensorId x = builder.Constant("a", {size_a}, std::move(a));
  return Result(builder, op, {x, builder.Constant("b", {size_b}, std::move(b))});
}

TEST_CASE("Comparisons give a bool for every element", "[ops]") {
  const std::vector<float> a = {1, 2, 3}, b = {2};
  CHECK(Compare(Equal{}, a, b) == Bits{0, 1, 0});
  CHECK(Compare(NotEqual{}, a, b) == Bits{1, 0, 1});
  CHECK(Compare(Less{}, a, b) == Bits{1, 0, 0});
  CHECK(Compare(LessEqual{}, a, b) == Bits{1, 1, 0});
  CHECK(Compare(Greater{}, a, b) == Bits{0, 0, 1});
  CHECK(Compare(GreaterEqual{}, a, b) == Bits{0, 1, 1});
  CHECK(Compare<int64_t>(Equal{}, {1LL << 40}, {(1LL << 40) + 1}) == Bits{0});
  CHECK(Compare(NotEqual{}, std::vector<float>{std::nanf("")}, {std::nanf("")}) == Bits{1});
}

TEST_CASE("Logic works on bools only", "[ops]") {
  GraphBuilder b;
  const TensorId x = Bools(b, {4}, {0, 0, 1, 1}), y = Bools(b, {4}, {0, 1, 0, 1});
  CHECK(Result(b, LogicalAnd{}, {x, y}) == Bits{0, 0, 0, 1});
  GraphBuilder c;
  const TensorId u = Bools(c, {4}, {0, 0, 1, 1}), v = Bools(c, {4}, {0, 1, 0, 1});
  CHECK(Result(c, LogicalOr{}, {u, v}) == Bits{0, 1, 1, 1});
  GraphBuilder d;
  CHECK(Result(d, LogicalNot{}, {Bools(d, {2}, {0, 1})}) == Bits{1, 0});
  CHECK_THROWS_AS(d.Emit(LogicalNot{}, {d.Input("x", {2})}), Error);
  CHECK_THROWS_AS(d.Emit(LogicalAnd{}, {d.Input("x", {2}), d.Input("y", {2})}), Error);
}

TEST_CASE("Select takes from either operand, whatever the type", "[ops]") {
  GraphBuilder b;
  const TensorId condition = Bools(b, {2, 1}, {1, 0});
  const TensorId x = b.Constant<int64_t>("x", {3}, {1, 2, 3});
  const TensorId y = b.Constant<int64_t>("y", {1, 1}, {9});
  b.Output(b.Emit(Select{}, {condition, x, y}));
  const Tensor result = RunReference(b.Build(), {}).front();
  CHECK(result.shape == Shape{2, 3});
  CHECK(ToVector<int64_t>(result) == std::vector<int64_t>{1, 2, 3, 9, 9, 9});
  CHECK_THROWS_AS(b.Emit(Select{}, {x, x, y}), Error);
  CHECK_THROWS_AS(b.Emit(Select{}, {condition, x, b.Input("z", {3})}), Error);
  CHECK_THROWS_AS(b.Emit(Select{}, {condition, x}), Error);
}

// The scales are multiples of 1/2^8, so rescaling to it is exact.
TEST_CASE("Int8 comparisons rescale both sides", "[ops]") {
  Tensor a = MakeConstantTensor("a", {256}, RandomInt8(256, 1));
  Tensor b = MakeConstantTensor("b", {256}, RandomInt8(256, 2));
  a.quant = PerLayer(0.5F, 10);
  b.quant = PerLayer(0.25F, -20);
  GraphBuilder builder;
  const TensorId x = builder.Input("a", {256}, ElementType::kInt8, *a.quant);
  const TensorId y = builder.Input("b", {256}, ElementType::kInt8, *b.quant);
  builder.Output(builder.Emit(Less{}, {x, y}));
  const Bits result = ToVector<uint8_t>(RunReference(builder.Build(), {a, b}).front());
  for (size_t i = 0; i < result.size(); ++i) {
    const bool less = 2 * (a.Values<int8_t>()[i] - 10) < b.Values<int8_t>()[i] + 20;
    CHECK((result[i] != 0) == less);
  }
}

}  // namespace
}  // namespace qconvert
