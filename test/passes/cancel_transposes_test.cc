#include <catch2/catch.hpp>

#include "lib/passes/layout.h"
#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// Emits what the importer does for an ONNX Conv with a kernel of 1: NCHW in, NCHW out.
TensorId EmitConv(GraphBuilder& b, TensorId nchw, int64_t channels, const std::string& name) {
  const TensorId nhwc = b.Emit(Transpose{{0, 2, 3, 1}}, {nchw}, name + "/Transpose");
  const TensorId w = b.Random(name + "/w", {channels, 1, 1, b.tensor(nhwc).shape[3]});
  const TensorId y = b.Emit(Conv2D{}, {nhwc, w}, name + "/Conv2D");
  return b.Emit(Transpose{{0, 3, 1, 2}}, {y}, name);
}

/// Emits a Conv whose output is one of the model's, behind the graph under test.
void CloseWithConv(GraphBuilder& b, TensorId nchw) { b.Output(EmitConv(b, nchw, 2, "last")); }

TEST_CASE("Convolutions with element-wise operators between them need no Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 4, 5});
  const TensorId a = EmitConv(b, x, 4, "a");
  const TensorId r = b.Emit(Relu{}, {a}, "r");
  const TensorId slope = b.Random("slope", {4, 1, 1});
  const TensorId p = b.Emit(PRelu{}, {EmitConv(b, r, 4, "c"), slope}, "p");
  CloseWithConv(b, b.Emit(Add{}, {r, p}, "sum"));
  const Graph after = RunPass(CancelTransposes, b.Build());
  CHECK(NodesOf(after) ==
        "a/Transpose = Transpose(x) {perm [0,2,3,1]}\n"
        "a = Conv2D(a/Transpose, a/w)\n"
        "r = Relu(a)\n"
        "c = Conv2D(r, c/w)\n"
        "p = PRelu(c, slope/nhwc)\n"
        "sum = Add(r, p)\n"
        "last/Conv2D = Conv2D(sum, last/w)\n"
        "last = Transpose(last/Conv2D) {perm [0,3,1,2]}\n");
}

TEST_CASE("Axes of operators between convolutions are renumbered", "[passes]") {
  GraphBuilder b;
  const TensorId c = EmitConv(b, b.Input("x", {2, 3, 4, 6}), 4, "a");
  const auto halves = b.EmitSeveral(Split{1, {1, 3}}, {c}, 2);
  const TensorId joined = b.Emit(Concat{1}, {halves[1], halves[0]});
  const TensorId padded = b.Emit(Pad{{0, 1, 0, 2}, {0, 0, 3, 0}, 0.5F}, {joined});
  const TensorId sliced = b.Emit(StridedSlice{{0, 4, 1, 1}, {1, -1, 2, 1}, {2, 4, 3, 5}}, {padded});
  const TensorId tiled = b.Emit(Tile{{1, 1, 2, 1}}, {sliced});
  const TensorId mirrored = b.Emit(MirrorPad{{0, 0, 1, 0}, {0, 0, 0, 2}, false}, {tiled});
  const TensorId mean = b.Emit(Mean{{2, 3}, true}, {mirrored});
  const TensorId indices = b.Constant<int32_t>("indices", {3}, {2, 0, 2});
  const TensorId gathered = b.Emit(Gather{3}, {mirrored, indices});
  CloseWithConv(b, b.Emit(Mul{}, {gathered, mean}));
  const Graph after = RunPass(CancelTransposes, b.Build(), 1e-6);
  CHECK(Count<Transpose>(after) == 2);
  CHECK(First<Split>(after).As<Split>()->axis == 3);
  CHECK(First<Concat>(after).As<Concat>()->axis == 3);
  CHECK(First<Pad>(after).As<Pad>()->before == std::vector<int64_t>{0, 0, 2, 1});
  CHECK(First<Mean>(after).As<Mean>()->axes == std::vector<int>{1, 2});
  CHECK(First<Gather>(after).As<Gather>()->axis == 2);
}

TEST_CASE("A squeeze-and-excitation gate needs no Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId c = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 4, "a");
  const TensorId mean = b.Emit(Mean{{2, 3}, false}, {c}, "mean");
  const TensorId fc = b.Emit(FullyConnected{}, {mean, b.Random("w", {4, 4})}, "fc");
  const TensorId gate = b.Emit(Reshape{{1, 4, 1, 1}}, {b.Emit(Logistic{}, {fc})}, "gate");
  CloseWithConv(b, b.Emit(Mul{}, {c, gate}, "scaled"));
  const Graph after = RunPass(CancelTransposes, b.Build(), 1e-6);
  CHECK(Count<Transpose>(after) == 2);  // at the model's input and output
  CHECK(Count<Reshape>(after) == 1);
}

TEST_CASE("A channel shuffle keeps one Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId c = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 6, "a");
  const TensorId grouped = b.Emit(Reshape{{1, 2, 3, 4, 5}}, {c});
  const TensorId shuffled = b.Emit(Transpose{{0, 2, 1, 3, 4}}, {grouped});
  const TensorId flat = b.Emit(Reshape{{1, 6, 4, 5}}, {shuffled});
  const auto halves = b.EmitSeveral(Split{1, {3, 3}}, {flat}, 2);
  const TensorId branch = EmitConv(b, halves[0], 3, "branch");
  CloseWithConv(b, b.Emit(Concat{1}, {branch, halves[1]}));
  const Graph after = RunPass(CancelTransposes, b.Build());
  CHECK(Count<Transpose>(after) == 3);
  CHECK(First<Concat>(after).As<Concat>()->axis == 3);
}

TEST_CASE("The index of the largest channel needs no Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId c = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 6, "a");
  b.Output(b.Emit(ArgMax{1, ElementType::kInt64}, {c}, "best"));
  const Graph after = RunPass(CancelTransposes, b.Build());
  CHECK(Count<Transpose>(after) == 1);
  CHECK(First<ArgMax>(after).As<ArgMax>()->axis == 3);
}

TEST_CASE("Convolutions over sequences need no Transpose between them", "[passes]") {
  GraphBuilder b;
  const auto conv = [&](TensorId ncw, const std::string& name) {
    const Shape shape = b.tensor(ncw).shape;
    const TensorId flat = b.Emit(Reshape{{shape[0], shape[1], 1, shape[2]}}, {ncw});
    const TensorId y = EmitConv(b, flat, 4, name);
    return b.Emit(Reshape{{shape[0], 4, shape[2]}}, {y});
  };
  const TensorId r = b.Emit(Relu{}, {conv(b.Input("x", {1, 3, 7}), "a")});
  b.Output(conv(b.Emit(Add{}, {r, conv(r, "c")}), "d"));
  const Graph after = RunPass(CancelTransposes, b.Build());
  CHECK(Count<Transpose>(after) == 2);
}

TEST_CASE("Transposes that the model needs stay as they are", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3, 4, 5});
  b.Output(b.Emit(Softmax{}, {b.Emit(Transpose{{0, 2, 3, 1}}, {x}, "t")}, "y"));
  CHECK(NodesOf(RunPass(CancelTransposes, b.Build())) ==
        "t = Transpose(x) {perm [0,2,3,1]}\n"
        "y = Softmax(t) {beta 1}\n");
}

TEST_CASE("The flatten before a classifier goes into its weights", "[passes]") {
  GraphBuilder b;
  const TensorId c = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 6, "a");
  const TensorId flat = b.Emit(Reshape{{1, 120}}, {c}, "flat");
  b.Output(b.Emit(FullyConnected{}, {flat, b.Random("w", {7, 120})}, "y"));
  const Graph cancelled = RunPass(CancelTransposes, b.Build());
  const Graph after = RunPass(AbsorbTransposes, cancelled, 1e-6);
  CHECK(NodesOf(after) ==
        "a/Transpose = Transpose(x) {perm [0,2,3,1]}\n"
        "a = Conv2D(a/Transpose, a/w)\n"
        "flat/nhwc = Reshape(a) {shape [1,120]}\n"
        "y = FullyConnected(flat/nhwc, w/nhwc)\n");
}

TEST_CASE("A matrix product reads a transposed operand itself", "[passes]") {
  GraphBuilder b;
  const TensorId q = b.Input("q", {2, 3, 4}), k = b.Input("k", {2, 5, 4});
  b.Output(b.Emit(BatchMatMul{}, {q, b.Emit(Transpose{{0, 2, 1}}, {k})}, "y"));
  CHECK(NodesOf(RunPass(AbsorbTransposes, b.Build())) == "y = BatchMatMul(q, k) {transpose_b}\n");
}

TEST_CASE("A matrix product reads heads that only rows were moved for", "[passes]") {
  GraphBuilder b;
  const TensorId q = b.Input("q", {3, 6, 4});
  SECTION("keys that were transposed, too") {
    const TensorId heads = b.Emit(Reshape{{5, 3, 4}}, {b.Input("k", {5, 1, 12})}, "heads");
    b.Output(b.Emit(BatchMatMul{}, {q, b.Emit(Transpose{{1, 2, 0}}, {heads}, "t")}, "y"));
    CHECK(NodesOf(RunPass(AbsorbTransposes, b.Build())) ==
          "t/unswapped/reshaped = Reshape(k) {shape [5,3,4]}\n"
          "t/unswapped = Transpose(t/unswapped/reshaped) {perm [1,0,2]}\n"
          "y = BatchMatMul(q, t/unswapped) {transpose_b}\n");
  }
  SECTION("values whose columns come first") {
    const TensorId columns = b.Emit(Reshape{{3, 5, 4}}, {b.Input("v", {1, 15, 4})}, "columns");
    b.Output(b.Emit(BatchMatMul{}, {q, b.Emit(Transpose{{0, 2, 1}}, {columns}, "t")}, "y"));
    CHECK(NodesOf(RunPass(AbsorbTransposes, b.Build())) ==
          "t/unswapped = Reshape(v) {shape [3,5,4]}\n"
          "y = BatchMatMul(q, t/unswapped) {transpose_b}\n");
  }
  SECTION("values stay as they are") {
    const TensorId heads = b.Emit(Reshape{{4, 3, 6}}, {b.Input("v", {4, 18})}, "heads");
    b.Output(b.Emit(BatchMatMul{}, {q, b.Emit(Transpose{{1, 0, 2}}, {heads}, "t")}, "y"));
    CHECK(NodesOf(RunPass(AbsorbTransposes, b.Build())) ==
          "t/reshaped = Reshape(v) {shape [4,3,6]}\n"
          "t = Transpose(t/reshaped) {perm [1,0,2]}\n"
          "y = BatchMatMul(q, t)\n");
  }
}

TEST_CASE("Inputs and outputs become NHWC where that saves a Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 4, 5});
  const TensorId y = EmitConv(b, x, 4, "y");
  b.Output(y).Output(b.Emit(Neg{}, {b.Input("z", {1, 2, 3, 4})}, "n"));
  Graph graph = b.Build();
  CancelTransposes(graph);
  ApplyLayout(graph, Layout::kNhwc);
  CHECK(NodesOf(graph) ==
        "y = Conv2D(x, y/w)\n"
        "n = Neg(z)\n");
  CHECK(graph.tensor(graph.inputs[0]).shape == Shape{1, 4, 5, 3});
  CHECK(graph.tensor(graph.outputs[0]).shape == Shape{1, 4, 5, 4});
  CHECK(graph.metadata.at("layout.x") == "nhwc");
  CHECK(graph.metadata.at("layout.y") == "nhwc");
  CHECK(graph.metadata.at("layout.z") == "keep");
  CHECK(graph.metadata.at("layout.n") == "keep");
}

TEST_CASE("Inputs and outputs may keep their layout", "[passes]") {
  GraphBuilder b;
  b.Output(EmitConv(b, b.Input("x", {1, 3, 4, 5}), 4, "y"));
  Graph graph = b.Build();
  ApplyLayout(graph, Layout::kKeep);
  CHECK(graph.tensor(graph.inputs[0]).shape == Shape{1, 3, 4, 5});
  CHECK(graph.metadata.at("layout.x") == "keep");
}

TEST_CASE("A picture with one channel becomes NHWC too", "[passes]") {
  GraphBuilder b;
  b.Output(b.Emit(Mean{{2, 3}, false}, {EmitConv(b, b.Input("x", {1, 1, 8, 8}), 4, "c")}, "y"));
  Graph graph = b.Build();
  CancelTransposes(graph);
  ApplyLayout(graph, Layout::kNhwc);
  CHECK(graph.tensor(graph.inputs[0]).shape == Shape{1, 8, 8, 1});
  CHECK(graph.nodes().size() == 2);
}

}  // namespace
}  // namespace qconvert
