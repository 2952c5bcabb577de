#include "lib/passes/linear.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

/// A linear operator that reads x scale + shift, written out; `x` has four channels.
Graph WrittenOut(const Operator& op, const Shape& weights, const std::vector<float>& scale,
                 const std::vector<float>& shift) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  const TensorId scaled = b.Emit(Mul{}, {x, b.Constant("scale", {4}, scale)});
  const TensorId shifted = b.Emit(Add{}, {scaled, b.Constant("shift", {4}, shift)});
  return b.Output(b.Emit(op, {shifted, b.Random("w", weights)}, "y")).Build();
}

TEST_CASE("Arithmetic on the inputs of a linear operator goes into its weights", "[passes]") {
  struct Case {
    Operator op;
    Shape weights;
  };
  const Case test = GENERATE(Case{Conv2D{}, {6, 3, 3, 4}},           //
                             Case{Conv2D{}, {6, 3, 3, 2}},           // in two groups
                             Case{DepthwiseConv2D{}, {1, 3, 3, 8}},  // a multiplier of 2
                             Case{FullyConnected{}, {5, 4}});
  const std::vector<float> scale = RandomFloats(4, 1, -2, 2), shift = RandomFloats(4, 2, -2, 2);
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 6, 4});
  Graph graph = b.Output(b.Emit(test.op, {x, b.Random("w", test.weights)}, "y")).Build();
  Node& node = graph.nodes().front();
  ShiftInputs(graph, node, shift);
  ScaleInputs(graph, node, scale);
  const auto inputs = RandomInputs(graph, 3, -4, 4);
  const auto expected = RunFloat(WrittenOut(test.op, test.weights, scale, shift), inputs);
  // At most 36 products of at most 10 in size, each rounded a few times by 2^-24.
  CHECK_THAT(RunFloat(graph, inputs), WithinError(expected, 36 * 10 * 4 * 0x1p-24));
}

}  // namespace
}  // namespace qconvert
