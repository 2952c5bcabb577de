#include "lib/calibration/gate_ranges.h"

#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// x -> Neg "y" -> a gate, whose result `gate` returns.
struct Gated {
  GraphBuilder builder;
  TensorId y;
  Ranges ranges;

  Gated() { y = builder.Emit(Neg{}, {builder.Input("x", {1, 64})}, "y"); }

  /// Returns the lower end that is left of [-50, 20].
  float Clipped(TensorId result, Range result_range = {-0.375F, 20}) {
    const Graph graph = builder.Build();
    ranges.assign(static_cast<size_t>(graph.tensor_count()), std::nullopt);
    ranges[static_cast<size_t>(y)] = Range{-50, 20};
    ranges[static_cast<size_t>(result)] = result_range;
    ClipToGates(graph, ranges, kInt8Steps);
    CHECK(ranges[static_cast<size_t>(y)]->max == 20);
    CHECK(ranges[static_cast<size_t>(result)] == result_range);
    return ranges[static_cast<size_t>(y)]->min;
  }
};

// Half a step of [-0.375, 20].
constexpr double kError = 20.375 / 255 / 2;

/// Requires that the function is within the error of 0 at and below the end, and not right above.
void RequireEnd(float end, const std::function<double(double)>& function) {
  for (double x = end; x > end - 20; x -= 0.01) REQUIRE(std::abs(function(x)) <= kError * 1.0001);
  CHECK(std::abs(function(end + 0.01)) > kError);
}

TEST_CASE("A HardSwish needs its operand down to about -3", "[calibration]") {
  Gated g;
  const TensorId result = g.builder.Emit(HardSwish{}, {g.y});
  const float end = g.Clipped(g.builder.Output(result).Build().outputs[0]);
  RequireEnd(end, [](double x) { return x * std::max(x + 3, 0.0) / 6; });
  CHECK(end > -3);
}

TEST_CASE("x Sigmoid(x) needs its operand down to where it is within half a step of 0",
          "[calibration]") {
  Gated g;
  const TensorId gate = g.builder.Emit(Logistic{}, {g.y});
  const bool swapped = GENERATE(false, true);
  const TensorId result =
      g.builder.Emit(Mul{}, swapped ? std::vector{gate, g.y} : std::vector{g.y, gate});
  g.builder.Output(result);
  RequireEnd(g.Clipped(result), [](double x) { return x / (1 + std::exp(-x)); });
}

TEST_CASE("GELU needs its operand down to where it is within half a step of 0", "[calibration]") {
  Gated g;
  const TensorId result = g.builder.Emit(Gelu{}, {g.y});
  g.builder.Output(result);
  RequireEnd(g.Clipped(result),
             [](double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); });
}

TEST_CASE("What others read, too, is not clipped", "[calibration]") {
  Gated g;
  TensorId result = kNoTensor;
  SECTION("a sum") {
    result = g.builder.Emit(HardSwish{}, {g.y});
    g.builder.Output(g.builder.Emit(Add{}, {g.y, result}));
  }
  SECTION("an output") {
    result = g.builder.Emit(HardSwish{}, {g.y});
    g.builder.Output(g.y);
  }
  SECTION("the gate itself") {
    const TensorId gate = g.builder.Emit(Logistic{}, {g.y});
    result = g.builder.Emit(Mul{}, {g.y, gate});
    g.builder.Output(g.builder.Emit(Add{}, {gate, result}));
  }
  SECTION("a product with another gate") {
    const TensorId gate = g.builder.Emit(Logistic{}, {g.y});
    const TensorId other = g.builder.Emit(Logistic{}, {gate});
    result = g.builder.Emit(Mul{}, {g.y, other});
  }
  g.builder.Output(result);
  CHECK(g.Clipped(result) == -50);
}

TEST_CASE("The finer the result, the further down the operand goes", "[calibration]") {
  Gated g;
  const TensorId result = g.builder.Emit(Gelu{}, {g.y});
  g.builder.Output(result);
  CHECK(g.Clipped(result, {0, 510e-30F}) < -10);  // half a step is 1e-30, and GELU(-10) is -8e-23
}

TEST_CASE("A range that ends above is left alone", "[calibration]") {
  Gated g;
  const TensorId result = g.builder.Emit(HardSwish{}, {g.y});
  const Graph graph = g.builder.Output(result).Build();
  Ranges ranges(static_cast<size_t>(graph.tensor_count()));
  ranges[static_cast<size_t>(g.y)] = Range{-2, 20};
  const Ranges before = ranges;
  ClipToGates(graph, ranges, kInt8Steps);
  CHECK(ranges == before);  // the result was not observed
  ranges[static_cast<size_t>(result)] = Range{-0.375F, 20};
  ClipToGates(graph, ranges, kInt8Steps);
  CHECK(ranges[static_cast<size_t>(g.y)] == Range{-2, 20});
}

}  // namespace
}  // namespace qconvert
