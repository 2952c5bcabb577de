#include <cmath>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/both_ways.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

std::vector<float> Compute(const Operator& op, const Shape& shape, std::vector<float> values) {
  GraphBuilder b;
  return RunFloat(b.Output(b.Emit(op, {b.Constant("x", shape, std::move(values))})).Build(), {});
}

TEST_CASE("Softmax turns each row into probabilities", "[ops]") {
  CHECK_THAT(Compute(Softmax{}, {2, 2}, {0, std::log(3.0F), 5, 5}),
             WithinError({0.25F, 0.75F, 0.5F, 0.5F}, 1e-6));
  CHECK_THAT(Compute(Softmax{2}, {1, 2}, {0, std::log(3.0F)}), WithinError({0.1F, 0.9F}, 1e-6));
}

TEST_CASE("LogSoftmax is the logarithm of Softmax", "[ops]") {
  CHECK_THAT(Compute(LogSoftmax{}, {1, 2}, {0, std::log(3.0F)}),
             WithinError({std::log(0.25F), std::log(0.75F)}, 1e-6));
}

TEST_CASE("Softmax does not overflow", "[ops]") {
  CHECK(Compute(Softmax{}, {1, 3}, {1e30F, -1e30F, 1e30F}) == std::vector<float>{0.5F, 0, 0.5F});
  CHECK_THAT(Compute(LogSoftmax{}, {1, 2}, {1000, 0}), WithinError({0, -1000}, 1e-6));
}

TEST_CASE("Int8 Softmax is within a step", "[ops]") {
  for (float scale : {0.01F, 0.1F, 0.5F}) {
    const BothWays both = RunBothWays(Softmax{}, {{{7, 33}, scale, 9}}, PerLayer(1.0F / 256, -128));
    CHECK_THAT(both.integer, WithinSteps(both.real, 1));
  }
}

TEST_CASE("Softmax refuses a scalar, integers and parameters that are not TFLite's", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {});
  CHECK_THROWS_AS(b.Emit(Softmax{}, {x}), Error);
  CHECK_THROWS_AS(b.Emit(LogSoftmax{}, {x}), Error);
  const TensorId numbers = b.Input("numbers", {2}, ElementType::kInt64);
  CHECK_THROWS_AS(b.Emit(Softmax{}, {numbers}), Error);
  CHECK_THROWS_AS(RunBothWays(Softmax{}, {{{4}, 0.1F, 0}}, PerLayer(1.0F / 128, -128)), Error);
}

}  // namespace
}  // namespace qconvert
