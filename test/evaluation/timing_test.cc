// What a benchmark counts; its times are the machine's.
#include "lib/evaluation/timing.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TEST_CASE("A percentile is one of the values, by the nearest rank", "[evaluation]") {
  const std::vector<double> ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  CHECK(Percentile(ten, 0.5) == 5);
  CHECK(Percentile(ten, 0.9) == 9);
  CHECK(Percentile(ten, 0.91) == 10);
  CHECK(Percentile(ten, 0) == 1);
  CHECK(Percentile(ten, 1) == 10);
  CHECK(Percentile({7}, 0.9) == 7);
}

/// A convolution of 3x3x2 products for each of 4x4x5 results, a Relu that stays, a Reshape, and a
/// product of 80 by 3.
Graph SmallNetwork() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 2});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {5, 3, 3, 2})});
  const TensorId flat = b.Emit(Reshape{{1, 80}}, {b.Emit(Relu{}, {conv})});
  return b.Output(b.Emit(FullyConnected{}, {flat, b.Random("v", {3, 80})})).Build();
}

TEST_CASE("A profile has every node, with what it computes and moves", "[evaluation]") {
  const CompiledGraph compiled(SmallNetwork());
  ThreadPool threads(1);
  const Timing timing = TimeRuns(compiled, {.runs = 5, .steps = true}, threads);
  REQUIRE(timing.steps.size() == 4);
  CHECK(timing.steps[0].multiply_adds == 4 * 4 * 5 * 3 * 3 * 2);
  CHECK(timing.steps[0].moved_bytes == 4 * (6 * 6 * 2 + 5 * 3 * 3 * 2 + 4 * 4 * 5));
  CHECK(timing.steps[1].multiply_adds == 0);
  CHECK(timing.steps[2].primitive.empty());  // a Reshape is done in place
  CHECK(timing.steps[3].multiply_adds == 80 * 3);
  for (const StepTime& step : timing.steps) CHECK(step.median_us >= 0);
}

TEST_CASE("Every run is timed, alone and in batches", "[evaluation]") {
  const CompiledGraph compiled(SmallNetwork());
  for (const int batch : {1, 5}) {
    ThreadPool threads(2);
    const Timing timing = TimeRuns(compiled, {.batch = batch, .runs = 7}, threads);
    CHECK(timing.run_ms.size() == 7);
    CHECK(std::is_sorted(timing.run_ms.begin(), timing.run_ms.end()));
    CHECK(timing.run_ms.front() > 0);
    CHECK(timing.warm_up_ms > 0);
    CHECK(timing.steps.empty());
  }
}

TEST_CASE("Indices that are made up are inside", "[evaluation]") {
  GraphBuilder b;
  const TensorId table = b.Random("table", {2, 3});
  b.Output(b.Emit(Gather{0}, {table, b.Input("indices", {4}, ElementType::kInt32)}));
  const CompiledGraph compiled(b.Build());
  ThreadPool threads(1);
  CHECK_NOTHROW(TimeRuns(compiled, {.runs = 1}, threads));
}

TEST_CASE("A step moves what it picks, and a step with nothing to do moves nothing",
          "[evaluation]") {
  GraphBuilder b;
  const TensorId rows =
      b.Emit(Gather{0}, {b.Random("table", {100, 3}), b.Input("which", {2}, ElementType::kInt32)});
  b.Output(b.Emit(Reshape{{6}}, {rows}));
  const CompiledGraph compiled(b.Build());
  ThreadPool threads(1);
  const Timing timing = TimeRuns(compiled, {.runs = 1, .steps = true}, threads);
  REQUIRE(timing.steps.size() == 2);
  CHECK(timing.steps[0].moved_bytes == 6 * 4 + 2 * 4 + 6 * 4);
  CHECK(timing.steps[1].moved_bytes == 0);
}

}  // namespace
}  // namespace qconvert
