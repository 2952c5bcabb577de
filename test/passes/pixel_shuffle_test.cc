#include <catch2/catch.hpp>

#include "lib/passes/passes.h"
#include "test/passes/same_results.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

TensorId EmitConv(GraphBuilder& b, TensorId nchw, int64_t channels, const std::string& name) {
  const TensorId nhwc = b.Emit(Transpose{{0, 2, 3, 1}}, {nchw}, name + "/Transpose");
  const TensorId w = b.Random(name + "/w", {channels, 1, 1, b.tensor(nhwc).shape[3]});
  const TensorId bias = b.Random(name + "/b", {channels});
  return b.Emit(Transpose{{0, 3, 1, 2}}, {b.Emit(Conv2D{}, {nhwc, w, bias}, name + "/Conv2D")},
                name);
}

/// What torch and ONNX's CRD write.
TensorId EmitShuffle(GraphBuilder& b, TensorId x, int64_t block) {
  const Shape s = b.tensor(x).shape;
  const int64_t channels = s[1] / block / block;
  const TensorId split = b.Emit(Reshape{{s[0], channels, block, block, s[2], s[3]}}, {x});
  const TensorId moved = b.Emit(Transpose{{0, 1, 4, 2, 5, 3}}, {split});
  return b.Emit(Reshape{{s[0], channels, s[2] * block, s[3] * block}}, {moved}, "shuffled");
}

TensorId EmitUnshuffle(GraphBuilder& b, TensorId x, int64_t block) {
  const Shape s = b.tensor(x).shape;
  const int64_t height = s[2] / block, width = s[3] / block;
  const TensorId split = b.Emit(Reshape{{s[0], s[1], height, block, width, block}}, {x});
  const TensorId moved = b.Emit(Transpose{{0, 1, 3, 5, 2, 4}}, {split});
  return b.Emit(Reshape{{s[0], s[1] * block * block, height, width}}, {moved}, "unshuffled");
}

void Rewrite(Graph& graph) {
  RecognisePixelShuffle(graph);
  CancelTransposes(graph);
  AbsorbTransposes(graph);
}

TEST_CASE("A pixel shuffle is DepthToSpace behind a convolution with permuted filters",
          "[passes]") {
  GraphBuilder b;
  TensorId x = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 18, "a");
  SECTION("next to each other") {}
  SECTION("with an activation between them") { x = b.Emit(Relu{}, {x}); }
  b.Output(EmitConv(b, b.Emit(Relu{}, {EmitShuffle(b, x, 3)}), 2, "last"));
  const Graph after = RunPass(Rewrite, b.Build(), 1e-6);
  CHECK(Count<DepthToSpace>(after) == 1);
  CHECK(Count<Transpose>(after) == 2);  // at the model's input and output
}

TEST_CASE("A pixel shuffle to one channel needs no convolution", "[passes]") {
  GraphBuilder b;
  const TensorId x = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 4, "a");
  b.Output(EmitConv(b, EmitShuffle(b, b.Emit(Mul{}, {x, x}), 2), 2, "last"));
  const Graph after = RunPass(Rewrite, b.Build(), 1e-6);
  CHECK(Count<DepthToSpace>(after) == 1);
  CHECK(Count<Transpose>(after) == 2);
}

TEST_CASE("A pixel shuffle stays one Transpose where the order of channels is fixed", "[passes]") {
  GraphBuilder b;
  TensorId x = EmitConv(b, b.Input("x", {1, 3, 4, 5}), 8, "a");
  SECTION("somebody else reads them") { b.Output(b.Emit(Abs{}, {x})); }
  SECTION("something is different for each") { x = b.Emit(Mul{}, {x, b.Random("s", {8, 1, 1})}); }
  b.Output(EmitConv(b, EmitShuffle(b, x, 2), 2, "last"));
  CHECK(Count<DepthToSpace>(RunPass(Rewrite, b.Build(), 1e-6)) == 0);
}

TEST_CASE("A pixel unshuffle is SpaceToDepth before a convolution with permuted filters",
          "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 4, 6});
  const TensorId y = EmitUnshuffle(b, x, 2);
  b.Output(EmitConv(b, y, 5, "first"));
  SECTION("read once") {}
  SECTION("read by two convolutions") { b.Output(EmitConv(b, y, 2, "second")); }
  const Graph after = RunPass(Rewrite, b.Build(), 1e-6);
  CHECK(Count<SpaceToDepth>(after) == 1);
  CHECK(Count<Transpose>(after) == 1 + static_cast<int>(after.outputs.size()));
}

TEST_CASE("A product that becomes a picture computes it channels last", "[passes]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {60, 7}), bias = b.Random("b", {60});
  TensorId x = b.Emit(FullyConnected{}, {b.Input("x", {1, 7}), w, bias});
  SECTION("at once") {}
  SECTION("behind an activation") { x = b.Emit(Relu{}, {x}); }
  b.Output(EmitConv(b, b.Emit(Reshape{{1, 3, 4, 5}}, {x}), 2, "last"));
  const Graph after = RunPass(Rewrite, b.Build(), 1e-6);
  CHECK(Count<Transpose>(after) == 1);  // at the model's output
}

void SplitAndCancel(Graph& graph) {
  SplitGroups(graph);
  CancelTransposes(graph);
}

TEST_CASE("A norm of groups written as one of merged axes needs no Transpose", "[passes]") {
  GraphBuilder b;
  const TensorId x = EmitConv(b, b.Input("x", {2, 3, 4, 5}), 6, "a");
  const TensorId merged = b.Emit(Reshape{{2, 3, 40}}, {x});
  const TensorId mean = b.Emit(Mean{{2}, true}, {merged});
  const TensorId centred = b.Emit(Sub{}, {merged, mean});
  const TensorId scaled = b.Emit(Mul{}, {centred, b.Random("scale", {1, 3, 1})});
  const TensorId apart = b.Emit(Reshape{{2, 6, 4, 5}}, {scaled});
  SECTION("all of it") {}
  SECTION("but not where the merged axis is looked at") {
    b.Output(b.Emit(Softmax{}, {scaled}));
    b.Output(EmitConv(b, apart, 2, "last"));
    CHECK(Count<Transpose>(RunPass(SplitAndCancel, b.Build(), 1e-5)) > 2);
    return;
  }
  b.Output(EmitConv(b, apart, 2, "last"));
  CHECK(Count<Transpose>(RunPass(SplitAndCancel, b.Build(), 1e-5)) == 2);
}

}  // namespace
}  // namespace qconvert
