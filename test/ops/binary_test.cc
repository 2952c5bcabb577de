#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

template <typename T>
std::vector<T> Compute(const Operator& op, std::vector<T> a, std::vector<T> b) {
  GraphBuilder builder;
  const auto size_a = static_cast<int64_t>(a.size()), size_b = static_cast<int64_t>(b.size());
  const TensorId x = builder.Constant("a", {size_a}, std::move(a));
  const TensorId y = builder.Constant("b", {size_b}, std::move(b));
  builder.Output(builder.Emit(op, {x, y}));
  return ToVector<T>(RunReference(builder.Build(), {}).front());
}

TEST_CASE("Maximum and Minimum choose an operand", "[ops]") {
  CHECK(Compute<float>(Maximum{}, {-1, 2, 3}, {2.5F}) == std::vector<float>{2.5F, 2.5F, 3});
  CHECK(Compute<float>(Minimum{}, {-1, 2, 3}, {2.5F}) == std::vector<float>{-1, 2, 2.5F});
  CHECK(Compute<int64_t>(Maximum{}, {-1, 5}, {0}) == std::vector<int64_t>{0, 5});
}

TEST_CASE("SquaredDifference and Pow compute reals and integers", "[ops]") {
  CHECK(Compute<float>(SquaredDifference{}, {1, 2}, {4}) == std::vector<float>{9, 4});
  CHECK(Compute<int32_t>(SquaredDifference{}, {-3}, {4}) == std::vector<int32_t>{49});
  CHECK(Compute<float>(Pow{}, {2, 3, 4}, {3, 2, 0.5F}) == std::vector<float>{8, 9, 2});
  CHECK(Compute<int64_t>(Pow{}, {2, 10, 2}, {10, 30, -1}) ==
        std::vector<int64_t>{1024, std::numeric_limits<int64_t>::max(), 0});
}

TEST_CASE("FloorDiv rounds down and FloorMod has the divisor's sign", "[ops]") {
  const std::vector<int64_t> a = {7, -7, 7, -7, 6}, b = {2, 2, -2, -2, -3};
  CHECK(Compute<int64_t>(FloorDiv{}, a, b) == std::vector<int64_t>{3, -4, -4, 3, -2});
  CHECK(Compute<int64_t>(FloorMod{}, a, b) == std::vector<int64_t>{1, 1, -1, -1, 0});
  CHECK(Compute<float>(FloorDiv{}, {7, -7}, {2}) == std::vector<float>{3, -4});
  CHECK(Compute<float>(FloorMod{}, {7, -7, 7, -7, 6}, {2, 2, -2, -2, -3}) ==
        std::vector<float>{1, 1, -1, -1, 0});
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  CHECK(Compute<int64_t>(FloorMod{}, {kLeast}, {-1}) == std::vector<int64_t>{0});
  CHECK_THROWS_AS(Compute<int32_t>(FloorMod{}, {1}, {0}), Error);
}

TEST_CASE("Int8 Maximum and Minimum are exact", "[ops]") {
  const Int8Operand a{{3, 8}, 0.1F, 5}, b{{8}, 0.1F, 5};
  for (const Operator& op : {Operator{Maximum{}}, Operator{Minimum{}}}) {
    const BothWays both = RunBothWays(op, {a, b}, PerLayer(0.1F, 5));
    CHECK(both.integer == both.real);
  }
}

// Operands are rounded to 1/2^7 of twice the larger scale t = 0.1: the difference d is off by at
// most t / 2^7, the square by 2 |d| t / 2^7 + (t / 2^7)^2 < 0.04 for |d| < 25.5, a third of a step.
TEST_CASE("Int8 SquaredDifference is within a step", "[ops]") {
  const BothWays both = RunBothWays(SquaredDifference{}, {{{4, 16}, 0.05F, -20}, {{16}, 0.02F, 40}},
                                    PerLayer(0.15F, -128));
  CHECK_THAT(both.integer, WithinSteps(both.real, 1));
}

}  // namespace
}  // namespace qconvert
