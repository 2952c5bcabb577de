#include "lib/passes/split_outputs.h"

#include <catch2/catch.hpp>

#include "lib/graph/port_layout.h"
#include "lib/passes/verify.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

using Names = std::vector<std::string>;

/// x -> Abs "boxes", Logistic "scores" -> Concat "all", the output.
struct Joined {
  GraphBuilder builder;
  TensorId boxes, scores, all;

  Joined() {
    const TensorId x = builder.Input("x", {1, 2, 3});
    boxes = builder.Emit(Abs{}, {x}, "boxes");
    scores = builder.Emit(Logistic{}, {x}, "scores");
    all = builder.Emit(Concat{2}, {boxes, scores}, "all");
  }
};

TEST_CASE("A joined output becomes an output for each operand", "[passes]") {
  Joined joined;
  Graph graph = joined.builder.Output(joined.all).Build();
  graph.output_names = {"result"};
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  const std::vector<float> before = RunFloat(graph, inputs);
  const auto found = FindJoinedOutputs(graph);
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "result");
  CHECK(found[0].parts == Names{"boxes", "scores"});
  SplitOutputs(graph);
  VerifyGraph(graph);
  CHECK(graph.output_names == Names{"boxes", "scores"});
  CHECK(graph.nodes().size() == 2);
  CHECK(RunFloat(graph, inputs, 0)[0] == before[0]);
  CHECK(RunFloat(graph, inputs, 1)[0] == before[3]);
}

TEST_CASE("Outputs that nothing joins stay where they are", "[passes]") {
  Joined joined;
  Graph graph = joined.builder.Output(joined.builder.Emit(Neg{}, {joined.all}, "negative"))
                    .Output(joined.all)
                    .Build();
  SplitOutputs(graph);
  VerifyGraph(graph);
  CHECK(graph.output_names == Names{"negative", "boxes", "scores"});
  CHECK(graph.nodes().size() == 4);  // the Neg reads what is joined
  CHECK(FindJoinedOutputs(graph).empty());
}

TEST_CASE("What is an output already does not become another", "[passes]") {
  Joined joined;
  Graph graph = joined.builder.Output(joined.scores).Output(joined.all).Build();
  SplitOutputs(graph);
  VerifyGraph(graph);
  CHECK(graph.output_names == Names{"scores", "boxes"});
}

TEST_CASE("Parts get a number where their name is taken", "[passes]") {
  Joined joined;
  Graph graph = joined.builder.Output(joined.builder.Emit(Neg{}, {joined.boxes}, "negative"))
                    .Output(joined.all)
                    .Build();
  graph.output_names = {"scores", "result"};
  SplitOutputs(graph);
  CHECK(graph.output_names == Names{"scores", "boxes", "scores_1"});
}

TEST_CASE("Parts have the layout of the output that joined them", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4, 4, 2});
  const TensorId left = b.Emit(Abs{}, {x}, "left"), right = b.Emit(Neg{}, {x}, "right");
  Graph graph = b.Output(b.Emit(Concat{3}, {left, right}, "all")).Build();
  NoteLayout(graph, "all", Layout::kNhwc);
  SplitOutputs(graph);
  CHECK(NotedLayout(graph, "left") == Layout::kNhwc);
  CHECK(NotedLayout(graph, "right") == Layout::kNhwc);
}

}  // namespace
}  // namespace qconvert
