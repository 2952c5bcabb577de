#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

TEST_CASE("HardSwish is x relu6(x + 3) / 6", "[ops]") {
  const std::vector<float> x = RandomFloats(64, 1, -5, 5);
  std::vector<float> expected;
  for (float v : x) expected.push_back(v * std::min(std::max(v + 3, 0.0F), 6.0F) / 6);
  GraphBuilder b;
  b.Output(b.Emit(HardSwish{}, {b.Constant("x", {64}, x)}));
  CHECK_THAT(RunFloat(b.Build(), {}), WithinError(expected, 1e-6));
}

TEST_CASE("HardSigmoid clamps a line to [0, 1]", "[ops]") {
  GraphBuilder b;
  b.Output(b.Emit(HardSigmoid{0.5F, 0.25F}, {b.Constant<float>("x", {4}, {-2, 0, 1, 3})}));
  CHECK(RunFloat(b.Build(), {}) == std::vector<float>{0, 0.25F, 0.75F, 1});
}

// The factor has 15 bits and the input is one of 128 parts of a step: each is a small part of a
// step of the result, whose own rounding is the second step.
TEST_CASE("Int8 HardSwish is within two steps, and equals its table", "[ops]") {
  const Int8Operand x{{256}, 0.04F, -9};
  const QuantParams result = PerLayer(0.02F, -110);
  const BothWays both = RunBothWays(HardSwish{}, {x}, result);
  CHECK_THAT(both.integer, WithinSteps(both.real, 2));
  CHECK(RunFastInt8(HardSwish{}, {x}, result) == both.integer);
}

TEST_CASE("HardSwish refuses a result much finer than its operand", "[ops]") {
  CHECK_THROWS_AS(RunBothWays(HardSwish{}, {{{4}, 1.0F, 0}}, PerLayer(0.001F, 0)), Error);
}

}  // namespace
}  // namespace qconvert
