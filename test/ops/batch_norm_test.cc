#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

TEST_CASE("BatchNorm normalizes, scales and shifts each channel", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {2, 1, 2}, {1, 2, 3, 4});
  const TensorId scale = b.Constant<float>("scale", {2}, {2, -1});
  const TensorId offset = b.Constant<float>("offset", {2}, {0, 10});
  const TensorId mean = b.Constant<float>("mean", {2}, {1, 4});
  const TensorId variance = b.Constant<float>("variance", {2}, {3, 0});
  b.Output(b.Emit(BatchNorm{1}, {x, scale, offset, mean, variance}));
  CHECK_THAT(RunFloat(b.Build(), {}), WithinError({0, 12, 2, 10}, 1e-6));
}

TEST_CASE("BatchNorm refuses parameters that do not fit its channels", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3}), c = b.Random("c", {3}), wrong = b.Random("wrong", {2});
  CHECK_NOTHROW(b.Emit(BatchNorm{}, {x, c, c, c, c}));
  CHECK_THROWS_AS(b.Emit(BatchNorm{}, {x, c, c, c, wrong}), Error);
  CHECK_THROWS_AS(b.Emit(BatchNorm{}, {x, c, c, c}), Error);
}

}  // namespace
}  // namespace qconvert
