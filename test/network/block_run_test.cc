#include "lib/network/block_run.h"

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

/// Two layers and a sum over the first: x -> a -> b, y = a + b.
Graph Network() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6});
  const TensorId first = b.Emit(FullyConnected{}, {x, b.Random("w1", {5, 6})}, "a");
  const TensorId second = b.Emit(FullyConnected{}, {first, b.Random("w2", {5, 5})}, "b");
  return b.Output(b.Emit(Add{}, {first, second}, "y")).Build();
}

std::vector<float> Input(size_t i) { return RandomFloats(6, 10 + i); }

SampleReader Reader() {
  return [](size_t i) {
    const std::vector<float> values = Input(i);
    const auto bytes = std::as_bytes(std::span(values));
    return std::vector<std::vector<std::byte>>{{bytes.begin(), bytes.end()}};
  };
}

Originals Same(const Graph& graph) {
  Originals originals;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) originals[id] = id;
  return originals;
}

std::vector<float> Expected(const Graph& graph, const std::string& name, size_t sample) {
  Graph open = graph;
  open.outputs = {graph.FindTensor(name)};
  return RunFloat(open, {MakeConstantTensor("x", {1, 6}, Input(sample))});
}

std::vector<float> Quantized(const BlockRun& run, const Graph& graph, TensorId id, size_t sample) {
  std::vector<float> values(static_cast<size_t>(graph.tensor(id).elements()));
  run.WriteQuantized(id, sample, values);
  return values;
}

void CheckNear(std::span<const float> got, const std::vector<float>& expected) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).margin(1e-6));
}

const std::vector<BlockRange> kBlocks{{{0, 1}, {0, 1}}, {{1, 3}, {1, 3}}};

TEST_CASE("Block by block both graphs compute what they compute at once", "[network]") {
  const Graph network = Network();
  Graph other = network;  // as if it were quantized: it may change until its block runs
  const Originals originals = Same(network);
  ThreadPool threads(2);
  BlockRun run(network, other, originals, 3, Reader(), threads);
  run.RunFloat(kBlocks[0]);
  run.Finish(kBlocks[0]);
  const TensorId w2 = other.FindTensor("w2");
  other.tensor(w2) = MakeConstantTensor("w2", {5, 5}, RandomFloats(25, 77));
  run.RunFloat(kBlocks[1]);
  const TensorId a = network.FindTensor("a"), y = network.FindTensor("y");
  for (size_t i = 0; i < 3; ++i) {
    CheckNear(Quantized(run, other, a, i), Expected(other, "a", i));
    CheckNear(run.FloatValues(y, i), Expected(network, "y", i));
  }
  run.Finish(kBlocks[1]);
  for (size_t i = 0; i < 3; ++i) CheckNear(Quantized(run, other, y, i), Expected(other, "y", i));
}

TEST_CASE("Only what later blocks read is held", "[network]") {
  const Graph network = Network();
  const Originals originals = Same(network);
  ThreadPool threads(1);
  BlockRun run(network, network, originals, 2, Reader(), threads);
  run.RunFloat(kBlocks[0]);
  CHECK(run.HoldsFloat(network.FindTensor("x")));
  run.Finish(kBlocks[0]);
  CHECK_FALSE(run.HoldsFloat(network.FindTensor("x")));
  CHECK(run.HoldsFloat(network.FindTensor("a")));
  run.RunFloat(kBlocks[1]);
  CHECK_FALSE(run.HoldsFloat(network.FindTensor("b")));  // nobody behind the block reads it
  run.Finish(kBlocks[1]);
  CHECK(run.HoldsFloat(network.FindTensor("y")));
  // In each graph x [6] and a [5], or a and y [5].
  CHECK(BlockRun::BytesPerSample(network, network, kBlocks, threads) == 2 * 11 * sizeof(float));
}

TEST_CASE("A piece shares constants and has the tensors that it does not compute as inputs",
          "[network]") {
  const Graph network = Network();
  ThreadPool threads(1);
  const GraphPiece piece = RangeRun(network, 0, threads).Piece({1, 3});
  CHECK(piece.inputs == std::vector<TensorId>{network.FindTensor("a")});
  CHECK(piece.outputs == std::vector<TensorId>{network.FindTensor("y")});
  CHECK(piece.graph.nodes().size() == 2);
  const Tensor& weights = piece.graph.tensor(piece.graph.FindTensor("w2"));
  CHECK(weights.constant->bytes.data() ==
        network.tensor(network.FindTensor("w2")).constant->bytes.data());
}

}  // namespace
}  // namespace qconvert
