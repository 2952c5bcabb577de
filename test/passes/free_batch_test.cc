// A batch that a model leaves open stays open only if all nodes keep samples apart.
#include <catch2/catch.hpp>

#include "lib/graph/open_batch.h"
#include "lib/passes/batch_growth.h"
#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

/// Frees the batch of a graph whose input is "x".
Graph Freed(const GraphBuilder& b) {
  Graph graph = b.Build();
  NoteOpenBatch(graph, "x");
  FreeBatch(graph);
  return graph;
}

void RequireStopped(const GraphBuilder& b, const std::string& node) {
  const Graph graph = Freed(b);
  INFO(graph.metadata.at("batch"));
  CHECK_FALSE(HasOpenBatch(graph));
  CHECK(graph.metadata.at("batch").find("'" + node + "'") != std::string::npos);
  CHECK(NodesOf(graph) == NodesOf(b.Build()));
  CHECK(FollowBatch(graph).grows == std::vector<bool>(static_cast<size_t>(graph.tensor_count())));
}

TEST_CASE("Shapes and slices take as many samples as there are", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 6});
  const TensorId rows = b.Emit(Reshape{{4, 6}}, {x}, "rows");
  const TensorId back = b.Emit(Reshape{{1, 4, 6}}, {rows}, "back");
  b.Output(b.Emit(StridedSlice{{0, 1, 0}, {1, 1, 1}, {1, 2, 6}}, {back}, "y"));
  const Graph graph = Freed(b);
  CHECK(NodesOf(graph) ==
        "rows = Reshape(x) {shape [-1,6]}\n"
        "back = Reshape(rows) {shape [-1,4,6]}\n"
        "y = StridedSlice(back) {begin [0,1,0], stride [1,1,1], size [-1,2,6]}\n");
  CHECK(HasOpenBatch(graph));
  CHECK(FollowBatch(graph).grows == std::vector<bool>(4, true));
}

TEST_CASE("What does not depend on the batch does not grow", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4}), one = b.Input("one", {1, 4});
  const TensorId other = b.Emit(Relu{}, {one}, "other");
  b.Output(b.Emit(Add{}, {x, other}, "y"));
  const Graph graph = Freed(b);
  const std::vector<bool> grows = FollowBatch(graph).grows;
  for (const std::string name : {"x", "y"}) {
    CHECK(grows[static_cast<size_t>(graph.FindTensor(name))]);
  }
  for (const std::string name : {"one", "other"}) {
    CHECK_FALSE(grows[static_cast<size_t>(graph.FindTensor(name))]);
  }
}

TEST_CASE("A batch that the model fixes stays as it is", "[passes]") {
  GraphBuilder b;
  b.Output(b.Emit(Reshape{{4}}, {b.Input("x", {1, 4})}, "y"));
  Graph graph = b.Build();
  FreeBatch(graph);
  CHECK(NodesOf(graph) == "y = Reshape(x) {shape [4]}\n");
  CHECK(graph.metadata.empty());
}

TEST_CASE("Nodes that join samples keep the batch at 1", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 4});
  SECTION("a mean over them") { b.Output(b.Emit(Mean{{0}, true}, {x}, "joins")); }
  SECTION("a transposition that moves them") {
    b.Output(b.Emit(Transpose{{1, 0, 2}}, {x}, "joins"));
  }
  SECTION("a sum along them") { b.Output(b.Emit(CumSum{0}, {x}, "joins")); }
  SECTION("a concatenation along them") { b.Output(b.Emit(Concat{0}, {x, x}, "joins")); }
  SECTION("repetition") { b.Output(b.Emit(Tile{{2, 1, 1}}, {x}, "joins")); }
  SECTION("a choice among them") {
    b.Output(b.Emit(Gather{0}, {x, b.Constant<int32_t>("first", {1}, {0})}, "joins"));
  }
  SECTION("a softmax over them") {
    b.Output(b.Emit(Softmax{}, {b.Emit(Reshape{{12}}, {x})}, "joins"));
  }
  SECTION("a product of each with each") {
    const TensorId rows = b.Emit(Reshape{{1, 12}}, {x});
    b.Output(b.Emit(BatchMatMul{false, true}, {rows, rows}, "joins"));
  }
  SECTION("a stated shape") { b.Output(b.Emit(BroadcastTo{{1, 3, 4}}, {x}, "joins")); }
  RequireStopped(b, "joins");
}

TEST_CASE("Transposed convolutions state the batch", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 3, 2});
  b.Output(b.Emit(TransposeConv2D{{}, 4, 4}, {x, b.Random("w", {4, 2, 2, 2})}, "up"));
  RequireStopped(b, "up");
}

}  // namespace
}  // namespace qconvert
