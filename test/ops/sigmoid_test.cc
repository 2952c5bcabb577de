#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

struct Case {
  Operator op;
  std::function<double(double)> exact;
  QuantParams result;
};

const double kRoot = std::sqrt(2 / 3.14159265358979323846);

const Case kCases[] = {
    {Logistic{}, [](double x) { return 1 / (1 + std::exp(-x)); }, PerLayer(1.0F / 256, -128)},
    {Tanh{}, [](double x) { return std::tanh(x); }, PerLayer(1.0F / 128, 0)},
    {Elu{}, [](double x) { return x < 0 ? std::expm1(x) : x; }, PerLayer(0.04F, -100)},
    {Gelu{}, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); },
     PerLayer(0.03F, -120)},
    {Gelu{true},
     [](double x) { return x / 2 * (1 + std::tanh(kRoot * (x + 0.044715 * x * x * x))); },
     PerLayer(0.03F, -120)},
};

TEST_CASE("Smooth activations agree with double precision", "[ops]") {
  const std::vector<float> x = RandomFloats(256, 1, -6, 6);
  for (const Case& c : kCases) {
    INFO(OperatorName(c.op));
    std::vector<float> expected;
    for (float v : x) expected.push_back(static_cast<float>(c.exact(v)));
    GraphBuilder b;
    b.Output(b.Emit(c.op, {b.Constant("x", {256}, x)}));
    CHECK_THAT(RunFloat(b.Build(), {}), WithinError(expected, 4e-6));
  }
}

TEST_CASE("Erf agrees with double precision", "[ops]") {
  GraphBuilder b;
  b.Output(b.Emit(Erf{}, {b.Constant<float>("x", {3}, {-1, 0, 0.5F})}));
  CHECK_THAT(RunFloat(b.Build(), {}), WithinError({-0.8427008F, 0, 0.5204999F}, 1e-6));
}

// A table is the float function, rounded by a product with 1/scale instead of a division.
TEST_CASE("Int8 smooth activations are within a step, and equal their table", "[ops]") {
  const Int8Operand x{{256}, 0.04F, 12};
  for (const Case& c : kCases) {
    INFO(OperatorName(c.op));
    const BothWays both = RunBothWays(c.op, {x}, c.result);
    CHECK_THAT(both.integer, WithinSteps(both.real, 1));
    CHECK(RunFastInt8(c.op, {x}, c.result) == both.integer);
  }
}

}  // namespace
}  // namespace qconvert
