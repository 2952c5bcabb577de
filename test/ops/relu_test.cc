#include <limits>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

std::vector<float> Apply(const Operator& op, std::vector<float> x) {
  GraphBuilder b;
  const auto size = static_cast<int64_t>(x.size());
  b.Output(b.Emit(op, {b.Constant("x", {size}, std::move(x))}));
  return RunFloat(b.Build(), {});
}

TEST_CASE("Clamping activations clamp to their ends", "[ops]") {
  const std::vector<float> x = {-9, -0.5F, 0, 0.5F, 5, 9};
  CHECK(Apply(Relu{}, x) == std::vector<float>{0, 0, 0, 0.5F, 5, 9});
  CHECK(Apply(Relu6{}, x) == std::vector<float>{0, 0, 0, 0.5F, 5, 6});
  CHECK(Apply(ReluN1To1{}, x) == std::vector<float>{-1, -0.5F, 0, 0.5F, 1, 1});
  CHECK(Apply(Relu0To1{}, x) == std::vector<float>{0, 0, 0, 0.5F, 1, 1});
  CHECK(Apply(Clip{-2, 3}, x) == std::vector<float>{-2, -0.5F, 0, 0.5F, 3, 3});
  CHECK(Apply(LeakyRelu{0.5F}, x) == std::vector<float>{-4.5F, -0.25F, 0, 0.5F, 5, 9});
}

TEST_CASE("Clip with crossed ends gives the upper one, as ONNX does", "[ops]") {
  CHECK(Apply(Clip{3, 1}, {0, 2, 4}) == std::vector<float>{1, 1, 1});
}

TEST_CASE("PRelu has a slope for each channel", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {2, 2}, {-1, -2, 3, -4});
  b.Output(b.Emit(PRelu{}, {x, b.Constant<float>("slope", {2}, {10, 0.5F})}));
  CHECK(RunFloat(b.Build(), {}) == std::vector<float>{-10, -1, 3, -2});
  CHECK_THROWS_AS(b.Emit(PRelu{}, {x, b.Input("slope", {3})}), Error);
  CHECK_THROWS_AS(b.Emit(PRelu{}, {x, b.Input("slope", {3, 2, 2})}), Error);
}

// The multiplier is exact to 31 bits; ends of a clamp are rounded like every result.
TEST_CASE("Int8 activations are within a step of real ones, and equal their table", "[ops]") {
  const Int8Operand x{{256}, 0.05F, -13};
  for (const Operator& op :
       {Operator{Relu{}}, Operator{Relu6{}}, Operator{ReluN1To1{}}, Operator{Relu0To1{}},
        Operator{LeakyRelu{0.1F}}, Operator{LeakyRelu{-0.3F}}}) {
    const QuantParams result = PerLayer(0.03F, -20);
    const BothWays both = RunBothWays(op, {x}, result);
    CHECK_THAT(both.integer, WithinSteps(both.real, 1));
    CHECK(RunFastInt8(op, {x}, result) == both.integer);
  }
}

TEST_CASE("Int8 PRelu is within a step of the real one", "[ops]") {
  const BothWays both =
      RunBothWays(PRelu{}, {{{2, 8, 4}, 0.05F, 20}, {{1, 4}, 0.01F, -60}}, PerLayer(0.04F, 7));
  CHECK_THAT(both.integer, WithinSteps(both.real, 1));
}

TEST_CASE("Zero points outside int8 are refused", "[ops]") {
  CHECK_THROWS_AS(RunBothWays(Relu{}, {{{4}, 0.05F, 1 << 30}}, PerLayer(0.05F, 0)), Error);
  CHECK_THROWS_AS(RunBothWays(Relu{}, {{{4}, 0.05F, 0}}, PerLayer(0.05F, 128)), Error);
}

}  // namespace
}  // namespace qconvert
