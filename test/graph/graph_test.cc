#include "lib/graph/graph.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TEST_CASE("Replacing uses moves readers and outputs", "[graph]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2});
  const TensorId n = b.Emit(Neg{}, {x}, "n");
  b.Output(n).Output(b.Emit(Add{}, {n, n}, "y"));
  Graph graph = b.Build();
  graph.Replace(*graph.Producer(n), x);
  CHECK(graph.outputs[0] == x);
  CHECK(graph.nodes().front().inputs() == std::vector<TensorId>{x, x});
  CHECK(graph.Consumers(x).size() == 1);
  CHECK_FALSE(graph.IsUsed(n));
}

TEST_CASE("A tensor that is also an output has no sole consumer", "[graph]") {
  GraphBuilder b;
  const TensorId n = b.Emit(Neg{}, {b.Input("x", {2})});
  b.Output(b.Emit(Abs{}, {n}));
  CHECK(b.Build().SoleConsumer(n) != nullptr);
  CHECK(b.Output(n).Build().SoleConsumer(n) == nullptr);
}

TEST_CASE("A node that is read is not removed", "[graph]") {
  GraphBuilder b;
  const TensorId n = b.Emit(Neg{}, {b.Input("x", {2})});
  Graph graph = b.Output(n).Build();
  CHECK_THROWS(graph.Remove(*graph.Producer(n)));
}

/// In time linear in their number: minutes otherwise.
TEST_CASE("A tensor may have any number of readers", "[graph]") {
  constexpr int kReaders = 100000;
  GraphBuilder b;
  const TensorId x = b.Input("x", {2}), z = b.Input("z", {2});
  Graph graph = b.Output(x).Build();
  const Tensor plain{"t", ElementType::kFloat32, {2}};
  for (int i = 0; i < kReaders; ++i) {
    graph.Append(Node("n", Add{}, {x, x}, {graph.AddTensor(plain)}));
  }
  const TensorId joined = graph.AddTensor({"j", ElementType::kFloat32, {2 * kReaders}});
  graph.Append(Node("j", Concat{}, std::vector<TensorId>(kReaders, x), {joined}));
  CHECK(graph.Consumers(x).size() == kReaders + 1);
  CHECK(graph.SoleConsumer(x) == nullptr);
  graph.ReplaceUses(x, z);
  CHECK(graph.Consumers(x).empty());
  CHECK(graph.Consumers(z).size() == kReaders + 1);
  CHECK(graph.Reads(graph.nodes().front(), z));
  CHECK_FALSE(graph.Reads(graph.nodes().front(), x));
}

TEST_CASE("The lowest number that is free goes behind a name", "[graph]") {
  Graph graph;
  const auto add = [&] { return graph.AddTensor({"t", ElementType::kFloat32, {2}}); };
  add();
  const TensorId first = add(), second = add();
  CHECK(graph.tensor(second).name == "t_2");
  graph.Rename(first, "u");
  CHECK(graph.UniqueName("t") == "t_1");
  CHECK(graph.tensor(add()).name == "t_1");
  CHECK(graph.tensor(add()).name == "t_3");
}

TEST_CASE("Names stay unique and can be swapped", "[graph]") {
  Graph graph;
  const TensorId a = graph.AddTensor({"t", ElementType::kFloat32, {2}}),
                 b = graph.AddTensor({"t", ElementType::kFloat32, {2}});
  CHECK(graph.tensor(b).name == "t_1");
  graph.SwapNames(a, b);
  CHECK(graph.FindTensor("t") == b);
  CHECK(graph.FindTensor("t_1") == a);
  graph.Rename(a, "u");
  CHECK(graph.FindTensor("t_1") == kNoTensor);
}

TEST_CASE("Each node has a name of its own and knows the one it was made with", "[graph]") {
  Graph graph;
  const TensorId x = graph.AddTensor({"x", ElementType::kFloat32, {2}});
  const auto append = [&](const std::string& name) -> Node& {
    const TensorId result = graph.AddTensor({"t", ElementType::kFloat32, {2}});
    return graph.Append(Node(name, Neg{}, {x}, {result}));
  };
  Node& first = append("n");
  const Node &taken = append("n_1"), &second = append("n"), &unnamed = append("");
  CHECK(first.name == "n");
  CHECK(second.name == "n_2");
  CHECK(second.origin == "n");
  CHECK(unnamed.name == "Neg_t_3");
  CHECK(graph.FindNode("n_1") == &taken);
  graph.Rename(first, "n_2");
  CHECK(first.name == "n_2_1");
  CHECK(graph.FindNode("n") == nullptr);
  graph.Remove(first);
  CHECK(graph.FindNode("n_2_1") == nullptr);
  const Graph copy = graph;
  CHECK(copy.FindNode("n_2") != nullptr);
  CHECK(copy.FindNode("n_2") != &second);
  const Node moved = second.On({x}, {x});
  CHECK(moved.name == "n_2");
  CHECK(moved.origin == "n");
}

TEST_CASE("A copy has edges of its own and shares constants", "[graph]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {2});
  const TensorId y = b.Emit(Add{}, {b.Input("x", {2}), w});
  const Graph graph = b.Output(y).Build();
  Graph copy = graph;
  CHECK(copy.Producer(y) != graph.Producer(y));
  CHECK(copy.tensor(w).constant->owner == graph.tensor(w).constant->owner);
}

}  // namespace
}  // namespace qconvert
