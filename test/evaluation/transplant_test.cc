#include "lib/evaluation/transplant.h"

#include <catch2/catch.hpp>

#include "lib/graph/port_layout.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

const QuantParams kWide = PerLayer(0.05F, 3), kUnit = PerLayer(1.0F / 128, 0);

/// x -> Mul by 1.7 -> a -> Tanh -> b -> Add of 0.25 -> y
struct Chain {
  Graph graph;
  TensorId a, b, y;
};

Chain Float() {
  GraphBuilder g;
  const TensorId x = g.Input("x", {2, 16});
  const TensorId a = g.Emit(Mul{}, {x, g.Scalar(1.7F)}, "a");
  const TensorId b = g.Emit(Tanh{}, {a}, "b");
  const TensorId y = g.Emit(Add{}, {b, g.Scalar(0.25F)}, "y");
  return {g.Output(y).Build(), a, b, y};
}

/// The same, but that `b` is computed in integers and `a` is read so.
Chain Integer() {
  GraphBuilder g;
  const TensorId x = g.Input("x", {2, 16});
  const TensorId a = g.Emit(Mul{}, {x, g.Scalar(1.7F)}, "a");
  const TensorId q = g.Emit(Quantize{}, {a}, "a/int8", ElementType::kInt8, kWide);
  const TensorId t = g.Emit(Tanh{}, {q}, "b/int8", ElementType::kInt8, kUnit);
  const TensorId b = g.Emit(Dequantize{}, {t}, "b");
  const TensorId y = g.Emit(Add{}, {b, g.Scalar(0.25F)}, "y");
  return {g.Output(y).Build(), a, b, y};
}

std::vector<SharedTensor> Shared(const Chain& host, const Chain& donor) {
  return {{host.a, donor.a}, {host.b, donor.b}, {host.y, donor.y}};
}

std::string Kinds(const Graph& graph) {
  std::string kinds;
  for (const Node& node : graph.nodes()) kinds += std::string(node.kind()) + " ";
  return kinds;
}

TEST_CASE("Without chosen tensors a host stays as it is", "[evaluation]") {
  const Chain host = Float(), donor = Integer();
  const Graph mixed = Transplanted(host.graph, donor.graph, Shared(host, donor), {});
  CHECK(Kinds(mixed) == Kinds(host.graph));
  const auto inputs = RandomInputs(mixed, 1, -2, 2);
  CHECK(RunFloat(mixed, inputs) == RunFloat(host.graph, inputs));
}

TEST_CASE("A layer alone computes in integers, and its neighbours in float", "[evaluation]") {
  const Chain host = Float(), donor = Integer();
  const Graph mixed = Transplanted(host.graph, donor.graph, Shared(host, donor), {host.b});
  CHECK(Kinds(mixed) == "Mul Quantize Tanh Dequantize Add ");
  const auto inputs = RandomInputs(mixed, 2, -2, 2);
  CHECK(RunFloat(mixed, inputs) == RunFloat(donor.graph, inputs));
}

TEST_CASE("A layer alone is restored to float", "[evaluation]") {
  const Chain host = Integer(), donor = Float();
  const Graph mixed = Transplanted(host.graph, donor.graph, Shared(host, donor), {host.b});
  const auto inputs = RandomInputs(mixed, 3, -2, 2);
  CHECK(RunFloat(mixed, inputs) == RunFloat(donor.graph, inputs));
  CHECK(RunFloat(mixed, inputs) != RunFloat(host.graph, inputs));
}

/// Two Tanhs; the second reads the integers of the first.
Chain TwoInIntegers() {
  GraphBuilder g;
  const TensorId x = g.Input("x", {2, 16});
  const TensorId q = g.Emit(Quantize{}, {x}, "x/int8", ElementType::kInt8, kWide);
  const TensorId a = g.Emit(Tanh{}, {q}, "a", ElementType::kInt8, kUnit);
  const TensorId b = g.Emit(Tanh{}, {a}, "b", ElementType::kInt8, kUnit);
  const TensorId y = g.Emit(Dequantize{}, {b}, "y");
  return {g.Output(y).Build(), a, b, y};
}

Chain TwoInFloat() {
  GraphBuilder g;
  const TensorId a = g.Emit(Tanh{}, {g.Input("x", {2, 16})}, "a");
  const TensorId b = g.Emit(Tanh{}, {a}, "b");
  const TensorId y = g.Emit(Add{}, {b, g.Scalar(0)}, "y");
  return {g.Output(y).Build(), a, b, y};
}

TEST_CASE("Reals stay reals between neighbours that are restored together", "[evaluation]") {
  const Chain host = TwoInIntegers(), donor = TwoInFloat();
  const std::vector<SharedTensor> shared = {{host.a, donor.a}, {host.b, donor.b}};
  CHECK(Kinds(Transplanted(host.graph, donor.graph, shared, {host.a})) ==
        "Tanh Quantize Tanh Dequantize ");
  CHECK(Kinds(Transplanted(host.graph, donor.graph, shared, {host.a, host.b})) ==
        "Tanh Tanh Quantize Dequantize ");
}

TEST_CASE("Integers behind a Dequantize are replaced with it", "[evaluation]") {
  GraphBuilder g;
  const TensorId x = g.Input("x", {1, 8});
  const TensorId q = g.Emit(Quantize{}, {x}, "x/int8", ElementType::kInt8, kWide);
  const TensorId t = g.Emit(Tanh{}, {q}, "b/int8", ElementType::kInt8, kUnit);
  const TensorId b = g.Emit(Dequantize{}, {t}, "b");
  const TensorId other = g.Emit(Tanh{}, {t}, "z", ElementType::kInt8, kUnit);  // reads integers
  const Graph host = g.Output(b).Output(g.Emit(Dequantize{}, {other}, "out")).Build();
  GraphBuilder f;
  const TensorId real = f.Emit(Tanh{}, {f.Input("x", {1, 8})}, "b");
  const Graph donor = f.Output(real).Output(f.Emit(Tanh{}, {real}, "out")).Build();
  const Graph mixed = Transplanted(host, donor, {{b, real}}, {b});
  CHECK(Kinds(mixed) == "Tanh Quantize Tanh Dequantize ");
}

TEST_CASE("Inputs are transposed where networks store them in another order", "[evaluation]") {
  GraphBuilder nchw;
  const TensorId picture = nchw.Input("x", {1, 3, 4, 4});
  const TensorId rows = nchw.Emit(Transpose{{0, 2, 3, 1}}, {picture}, "rows");
  const TensorId tanh = nchw.Emit(Tanh{}, {rows}, "t");
  const Graph donor = nchw.Output(tanh).Build();
  GraphBuilder nhwc;
  const TensorId relu = nhwc.Emit(Relu{}, {nhwc.Input("x", {1, 4, 4, 3})}, "t");
  Graph host = nhwc.Output(relu).Build();
  NoteLayout(host, "x", Layout::kNhwc);
  const Graph mixed = Transplanted(host, donor, {{relu, tanh}}, {relu});
  CHECK(Kinds(mixed) == "Transpose Transpose Tanh ");
  const auto inputs = RandomInputs(mixed, 4);
  GraphBuilder expected;
  const TensorId y = expected.Emit(Tanh{}, {expected.Input("x", {1, 4, 4, 3})});
  CHECK(RunFloat(mixed, inputs) == RunFloat(expected.Output(y).Build(), inputs));
}

TEST_CASE("Types that do not become each other are refused", "[evaluation]") {
  GraphBuilder g;
  const TensorId a = g.Emit(Cast{ElementType::kInt32}, {g.Input("x", {4})}, "a");
  const Graph whole = g.Output(g.Emit(Cast{ElementType::kFloat32}, {a}, "y")).Build();
  GraphBuilder f;
  const TensorId b = f.Emit(Relu{}, {f.Input("x", {4})}, "a");
  const Graph real = f.Output(f.Emit(Relu{}, {b}, "y")).Build();
  CHECK_THAT(ErrorOf([&] {
               Transplanted(real, whole, {{b, a}}, {b});
             }),
             IsError(ErrorKind::kUnsupported, "'a' is int32 in one network and float32"));
}

}  // namespace
}  // namespace qconvert
