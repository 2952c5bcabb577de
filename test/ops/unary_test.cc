#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

template <typename T>
std::vector<T> Apply(const Operator& op, std::vector<T> x) {
  GraphBuilder b;
  const auto size = static_cast<int64_t>(x.size());
  b.Output(b.Emit(op, {b.Constant("x", {size}, std::move(x))}));
  return ToVector<T>(RunReference(b.Build(), {}).front());
}

TEST_CASE("Unary functions agree with double precision", "[ops]") {
  const std::pair<Operator, std::function<double(double)>> cases[] = {
      {Abs{}, [](double x) { return std::abs(x); }},
      {Neg{}, [](double x) { return -x; }},
      {Exp{}, [](double x) { return std::exp(x); }},
      {Log{}, [](double x) { return std::log(x); }},
      {Sqrt{}, [](double x) { return std::sqrt(x); }},
      {Rsqrt{}, [](double x) { return 1 / std::sqrt(x); }},
      {Square{}, [](double x) { return x * x; }},
      {Sin{}, [](double x) { return std::sin(x); }},
      {Cos{}, [](double x) { return std::cos(x); }},
      {Floor{}, [](double x) { return std::floor(x); }},
      {Ceil{}, [](double x) { return std::ceil(x); }},
      {Sign{}, [](double) { return 1.0; }},
  };
  const std::vector<float> x = {0.25F, 0.7F, 1, 1.9F, 3.5F};
  for (const auto& [op, exact] : cases) {
    INFO(OperatorName(op));
    std::vector<float> expected;
    for (float v : x) expected.push_back(static_cast<float>(exact(v)));
    CHECK_THAT(Apply(op, x), WithinError(expected, 4e-6));
  }
}

TEST_CASE("Round takes halves to even", "[ops]") {
  CHECK(Apply<float>(Round{}, {0.5F, 1.5F, -0.5F, -2.5F, 2.6F}) ==
        std::vector<float>{0, 2, 0, -2, 3});
}

TEST_CASE("Signs are those of the numbers, 0 has none", "[ops]") {
  CHECK(Apply<float>(Sign{}, {-0.0F, 0, -1e-40F, 1e-40F, -7}) ==
        std::vector<float>{0, 0, -1, 1, -1});
  CHECK(Apply<int32_t>(Sign{}, {-7, 0, 7}) == std::vector<int32_t>{-1, 0, 1});
}

TEST_CASE("Integers have magnitudes, negatives and squares", "[ops]") {
  CHECK(Apply<int64_t>(Abs{}, {-3, 4}) == std::vector<int64_t>{3, 4});
  CHECK(Apply<int32_t>(Neg{}, {-3, 4}) == std::vector<int32_t>{3, -4});
  CHECK(Apply<int64_t>(Square{}, {-3, 4}) == std::vector<int64_t>{9, 16});
  CHECK_THROWS_AS(Apply<int64_t>(Exp{}, {1}), Error);
}

// SQRT truncates; the others round once more in fixed point, or by 1/scale.
TEST_CASE("Int8 unary functions are within a step, and equal their table", "[ops]") {
  struct Case {
    Operator op;
    Int8Operand x;
    QuantParams result;
  };
  const Case cases[] = {
      {Abs{}, {{256}, 0.05F, 30}, PerLayer(0.04F, -128)},
      {Abs{}, {{256}, 0.05F, 30}, PerLayer(0.05F, -128)},
      {Exp{}, {{256}, 0.02F, 30}, PerLayer(0.05F, -128)},
      {Log{}, {{256}, 0.02F, -128, -127}, PerLayer(0.04F, 90)},
      {Sqrt{}, {{256}, 0.05F, -128}, PerLayer(0.015F, -128)},
      {Rsqrt{}, {{256}, 0.05F, -128, -127}, PerLayer(0.02F, -128)},
  };
  for (const Case& c : cases) {
    INFO(OperatorName(c.op));
    const BothWays both = RunBothWays(c.op, {c.x}, c.result);
    CHECK_THAT(both.integer, WithinSteps(both.real, 1));
    CHECK(RunFastInt8(c.op, {c.x}, c.result) == both.integer);
  }
}

TEST_CASE("Int8 functions are defined where the real ones are not", "[ops]") {
  const Int8Operand negative{{16}, 0.05F, 0, -128, -1}, zero{{16}, 0.05F, 0, 0, 0};
  CHECK(RunBothWays(Log{}, {zero}, PerLayer(0.05F, 3)).integer == std::vector<int8_t>(16, -128));
  CHECK(RunBothWays(Rsqrt{}, {zero}, PerLayer(0.05F, 3)).integer == std::vector<int8_t>(16, 127));
  CHECK(RunFastInt8(Sqrt{}, {negative}, PerLayer(0.05F, 3)) == std::vector<int8_t>(16, 3));
}

}  // namespace
}  // namespace qconvert
