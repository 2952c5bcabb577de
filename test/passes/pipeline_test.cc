#include "lib/passes/pipeline.h"

#include <filesystem>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/graph/text.h"
#include "lib/passes/verify.h"
#include "test/passes/same_results.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

Graph ReluOfNegated() {
  GraphBuilder b;
  const TensorId n = b.Emit(Neg{}, {b.Input("x", {2})}, "n");
  return b.Output(b.Emit(Relu{}, {n}, "y")).Build();
}

TEST_CASE("Every pass says why it stands where it stands", "[passes]") {
  for (const auto& passes : {kSimplifyingPasses, kFoldingPasses, kExportPasses, kLoadPasses}) {
    for (const Pass& pass : passes) {
      CHECK_FALSE(pass.name.empty());
      CHECK(pass.why.size() > 10);
    }
  }
}

TEST_CASE("Keys of attention keep their bias, and their columns stay together", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5, 12}), q = b.Input("q", {1, 3, 5, 4});
  const TensorId product = b.Emit(FullyConnected{}, {x, b.Random("w", {12, 12})}, "product");
  const TensorId k = b.Emit(Add{}, {b.Random("bias", {12}), product}, "k");
  const TensorId heads = b.Emit(Reshape{{1, 5, 3, 4}}, {k}, "heads");
  const TensorId keys = b.Emit(Transpose{{0, 2, 3, 1}}, {heads}, "keys");
  Graph graph = b.Output(b.Emit(BatchMatMul{}, {q, keys}, "scores")).Build();
  RunFloatPasses(graph, {});
  CHECK(NodesOf(graph) ==
        "k = FullyConnected(x, w, product/bias)\n"
        "keys/unswapped/reshaped = Reshape(k) {shape [1,5,3,4]}\n"
        "keys/unswapped = Transpose(keys/unswapped/reshaped) {perm [0,2,1,3]}\n"
        "scores = BatchMatMul(q, keys/unswapped) {transpose_b}\n");
}

TEST_CASE("The text form is written after each pass, where it is said to be", "[passes]") {
  const ScratchFolder folder;
  const DumpOptions dump{folder / "new/dumps"};
  Graph graph = ReluOfNegated();
  const std::string before = ToText(graph);
  const auto remove_last = [](Graph& g) {
    g.outputs[0] = g.FindTensor("n");
    g.Remove(g.nodes().back());
  };
  const Pass passes[] = {{"remove-last", remove_last, "a test"}};
  const auto paths = DumpPaths(passes, dump);
  REQUIRE(paths.size() == 3);
  CHECK(paths[0] == dump.directory);
  RunPasses(passes, graph, dump);
  CHECK(ReadBytes(paths[1]) == before);
  CHECK(ReadBytes(paths[2]) == ToText(graph));
  CHECK(paths[2] == folder / "new/dumps/01-remove-last.txt");
  CHECK(DumpPaths(passes, {}).empty());
}

TEST_CASE("Text forms that cannot be written are an error with the system's reason", "[passes]") {
  const ScratchFolder folder;
  Graph graph = ReluOfNegated();
  folder.Write("file", "x");
  const Error no_folder = ErrorOf([&] { RunPasses({}, graph, {folder / "file/dumps"}); });
  CHECK_THAT(no_folder, IsError(ErrorKind::kIo, "file/dumps': Not a directory"));
  std::filesystem::create_directories(folder / "dumps/00-before.txt");
  const Error no_file = ErrorOf([&] { RunPasses({}, graph, {folder / "dumps"}); });
  CHECK_THAT(no_file, IsError(ErrorKind::kIo, "00-before.txt': Is a directory"));
}

TEST_CASE("A pass that breaks the graph is named", "[passes]") {
  Graph graph = ReluOfNegated();
  const auto break_shape = [](Graph& g) { g.tensor(g.outputs[0]).shape = {3}; };
  const Pass passes[] = {{"break-shape", break_shape, "a test"}};
  CHECK_THROWS_WITH(RunPasses(passes, graph), Catch::Contains("pass break-shape: internal error") &&
                                                  Catch::Contains("node 'y' (Relu)") &&
                                                  Catch::Contains("3, inferred 2"));
}

TEST_CASE("A graph is checked for edges, order, types and constants", "[passes]") {
  Graph graph = ReluOfNegated();
  SECTION("a node that reads what comes later") {
    Node& first = graph.nodes().front();
    graph.SetInput(first, 0, graph.outputs[0]);
    CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("before it is computed"));
  }
  SECTION("a tensor with two producers") {
    graph.SetOutput(graph.nodes().back(), 0, graph.FindTensor("n"));
    CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("not the producer of its output"));
  }
  SECTION("another type than is inferred") {
    graph.tensor(graph.outputs[0]).type = ElementType::kInt32;
    CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("is int32, inferred float32"));
  }
  SECTION("a constant of the wrong size") {
    Tensor constant = MakeConstantTensor<float>("c", {2}, {1, 2});
    constant.shape = {3};
    graph.AddTensor(constant);
    CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("'c'"));
  }
  SECTION("an output that nothing computes") {
    graph.outputs[0] = graph.AddTensor({"z", ElementType::kFloat32, {2}});
    CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("'z' is never computed"));
  }
}

TEST_CASE("A graph is checked for names that two nodes share", "[passes]") {
  Graph graph = ReluOfNegated();
  graph.nodes().front().name = graph.nodes().back().name;
  CHECK_THROWS_WITH(VerifyGraph(graph), Catch::Contains("node 'y' (Neg)") &&
                                            Catch::Contains("does not have a name of its own"));
}

TEST_CASE("The float passes turn an imported block into integer-ready operators", "[passes]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 8, 8});
  const TensorId nhwc = b.Emit(Transpose{{0, 2, 3, 1}}, {x}, "c/Transpose");
  const TensorId conv = b.Emit(Conv2D{}, {nhwc, b.Random("w", {4, 3, 3, 3})}, "c/Conv2D");
  const TensorId c = b.Emit(Transpose{{0, 3, 1, 2}}, {conv}, "c");
  const TensorId normal =
      b.Emit(BatchNorm{},
             {b.Emit(Transpose{{0, 2, 3, 1}}, {c}, "n/Transpose"), b.Random("gamma", {4}),
              b.Random("beta", {4}), b.Random("mean", {4}), b.Random("variance", {4}, 0.5F, 1)},
             "n/BatchNorm");
  const TensorId n = b.Emit(Transpose{{0, 3, 1, 2}}, {normal}, "n");
  const TensorId clip =
      b.Emit(Minimum{}, {b.Emit(Maximum{}, {n, b.Scalar(0)}), b.Scalar(6)}, "clip");
  const TensorId mean = b.Emit(Mean{{2, 3}, true}, {clip}, "mean");
  const TensorId flat = b.Emit(Reshape{{1, 4}}, {mean}, "flat");
  const TensorId fc = b.Emit(FullyConnected{}, {flat, b.Random("v", {5, 4})}, "fc");
  b.Output(b.Emit(Add{}, {fc, b.Random("t", {5})}, "y"));
  const auto run_all = [](Graph& graph) { RunFloatPasses(graph); };
  CHECK(NodesOf(RunPass(run_all, b.Build(), 1e-5)) ==
        "c/Transpose = Transpose(x) {perm [0,2,3,1]}\n"
        "clip = Conv2D(c/Transpose, w, c/Conv2D/bias) {relu6}\n"
        "flat = Mean(clip) {axes [1,2]}\n"
        "y = FullyConnected(flat, v, fc/bias)\n");
}

}  // namespace
}  // namespace qconvert
