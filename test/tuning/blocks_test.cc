// Where networks are cut into blocks.
#include "lib/tuning/blocks.h"

#include <string>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TensorId Layer(GraphBuilder& b, TensorId x, const std::string& name) {
  return b.Emit(Conv2D{}, {x, b.Random("w_" + name, {4, 1, 1, 4})}, name);
}

/// Returns the names of each block's nodes: "a b | c".
std::string Cut(const Graph& graph) {
  std::string text;
  size_t place = 0;
  for (const NodeRange& block : FindBlocks(graph)) {
    CHECK(block.first == place);  // nothing is left out between blocks
    place = block.last;
    if (!text.empty()) text += "| ";
    auto node = std::next(graph.nodes().begin(), static_cast<std::ptrdiff_t>(block.first));
    for (size_t i = block.first; i < block.last; ++i) text += (node++)->name + " ";
  }
  return text;
}

TEST_CASE("A chain is cut behind every third layer", "[tuning]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {1, 4, 4, 4});
  for (const char* name : {"a", "b", "c", "d"}) x = Layer(b, x, name);
  x = b.Emit(Relu{}, {x}, "relu");
  x = Layer(b, x, "e");
  const Graph graph = b.Output(b.Emit(Relu{}, {x}, "last")).Build();
  CHECK(Cut(graph) == "a b c | d relu e ");  // nobody trains what is behind the last layer
}

TEST_CASE("A residual block is one block, and a chain before it another", "[tuning]") {
  GraphBuilder b;
  TensorId x = Layer(b, b.Input("x", {1, 4, 4, 4}), "stem");
  const TensorId y = Layer(b, b.Emit(Relu{}, {Layer(b, x, "a")}, "relu"), "b");
  x = b.Emit(Add{}, {x, y}, "sum");
  const Graph graph = b.Output(Layer(b, x, "head")).Build();
  CHECK(Cut(graph) == "stem | a relu b sum | head ");
}

TEST_CASE("Branches that meet are one block", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 4});
  const TensorId left = Layer(b, x, "left"), right = Layer(b, Layer(b, x, "r1"), "r2");
  const Graph graph = b.Output(Layer(b, b.Emit(Concat{3}, {left, right}, "all"), "last4")).Build();
  // The weights of "last4" fit 4 channels; only the order of nodes matters here.
  CHECK(Cut(graph) == "left r1 r2 all | last4 ");
}

TEST_CASE("Branches that never meet are one block, up to a number of layers", "[tuning]") {
  GraphBuilder b;
  const TensorId x = Layer(b, b.Input("x", {1, 4, 4, 4}), "stem");
  TensorId left = x, right = x;
  const size_t each = GENERATE(2, 7);
  for (size_t i = 0; i < each; ++i) left = Layer(b, left, "l" + std::to_string(i));
  for (size_t i = 0; i < each; ++i) right = Layer(b, right, "r" + std::to_string(i));
  const Graph graph = b.Output(left).Output(right).Build();
  CHECK(Cut(graph) == (each == 2 ? "stem | l0 l1 r0 r1 "
                                 : "stem | l0 | l1 | l2 | l3 | l4 | l5 | l6 "
                                   "| r0 | r1 | r2 | r3 | r4 | r5 | r6 "));
}

TEST_CASE("Two inputs are one block until they meet", "[tuning]") {
  GraphBuilder b;
  const TensorId x = Layer(b, b.Input("x", {1, 4, 4, 4}), "a");
  const TensorId y = Layer(b, b.Input("y", {1, 4, 4, 4}), "b");
  const Graph graph = b.Output(Layer(b, b.Emit(Add{}, {x, y}, "sum"), "c")).Build();
  CHECK(Cut(graph) == "a b sum | c ");
}

TEST_CASE("A network without layers has no blocks", "[tuning]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Relu{}, {b.Input("x", {1, 4})}, "y")).Build();
  CHECK(FindBlocks(graph).empty());
}

TEST_CASE("A block is cut behind each of its layers", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 4});
  const TensorId y = Layer(b, b.Emit(Relu{}, {Layer(b, x, "a")}, "relu"), "b");
  const Graph graph = b.Output(b.Emit(Add{}, {x, y}, "sum")).Build();
  const std::vector<NodeRange> layers = CutIntoLayers(graph, {0, 4});
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].last == 1);
  CHECK(layers[1].first == 1);
  CHECK(layers[1].last == 3);
}

}  // namespace
}  // namespace qconvert
