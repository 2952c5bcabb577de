// What a network takes of a device, counted by hand.
#include "lib/evaluation/demands.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TEST_CASE("Demands are those of a network counted by hand", "[evaluation]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 2});
  const TensorId conv = b.Emit(Conv2D{}, {x, b.Random("w", {5, 3, 3, 2})});
  const TensorId relu = b.Emit(Relu{}, {conv});
  const Graph graph = b.Output(relu).Build();
  const Demands demands = DemandsOf(graph);
  CHECK(demands.multiply_adds == 4 * 4 * 5 * 3 * 3 * 2);
  CHECK(demands.integer_multiply_adds == 0);
  CHECK(demands.constant_bytes == 4 * 5 * 3 * 3 * 2);
  CHECK(demands.integer_constant_bytes == 0);
  // The input (288 bytes) is gone when the Relu runs: its operand and its result are 320 bytes
  // each.
  CHECK(demands.activation_bytes == 2 * 320);
}

TEST_CASE("Products of floats with stored integers are not integer products", "[evaluation]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  Tensor weights = MakeConstantTensor("w", {3, 4}, std::vector<int8_t>(12, 1));
  weights.quant = QuantParams{{0.5F}, {0}};
  const TensorId w = b.Add(std::move(weights));
  const TensorId real = b.Emit(Dequantize{}, {w});
  const Demands demands = DemandsOf(b.Output(b.Emit(FullyConnected{}, {x, real})).Build());
  CHECK(demands.multiply_adds == 12);
  CHECK(demands.integer_multiply_adds == 0);
  CHECK(demands.constant_bytes == 12);
  CHECK(demands.integer_constant_bytes == 12);
}

}  // namespace
}  // namespace qconvert
