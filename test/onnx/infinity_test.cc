// Comparisons with infinity also find what LiteRT's sums make of it: the largest numbers.
#include <limits>

#include <catch2/catch.hpp>

#include "test/onnx/imports.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

/// Returns which of [inf, largest, 1, -largest, -inf, NaN] equal the number.
std::vector<bool> Equals(float number, bool number_first) {
  ModelBuilder model;
  model.Input("x", {"6"});
  model.Weights("c", {}, {number});
  if (number_first) {
    model.Node("Equal", {"c", "x"}, {"y"});
  } else {
    model.Node("Equal", {"x", "c"}, {"y"});
  }
  model.Output("y");
  const Graph graph = Import(model);
  const std::vector<float> x = {kInfinity, kLargest,   1,
                                -kLargest, -kInfinity, std::numeric_limits<float>::quiet_NaN()};
  const Tensor y = RunReference(graph, {MakeConstantTensor("x", {6}, x)}).front();
  const auto values = y.Values<bool>();
  return {values.begin(), values.end()};
}

TEST_CASE("What equals infinity may be the largest number", "[onnx]") {
  for (const bool first : {false, true}) {
    CHECK(Equals(kInfinity, first) == std::vector<bool>{true, true, false, false, false, false});
    CHECK(Equals(-kInfinity, first) == std::vector<bool>{false, false, false, true, true, false});
    CHECK(Equals(1, first) == std::vector<bool>{false, false, true, false, false, false});
  }
}

}  // namespace
}  // namespace qconvert
