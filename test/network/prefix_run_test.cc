#include "lib/network/prefix_run.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <catch2/catch.hpp>

#include "lib/runner/session.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 3;

/// A chain with a skip connection, two outputs of a Split and a Concat.
Graph Branches() {
  GraphBuilder b;
  const Window same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  const TensorId x = b.Input("x", {1, 6, 6, 4});
  const TensorId c = b.Emit(Conv2D{same}, {x, b.Random("w", {4, 3, 3, 4})}, "c");
  const TensorId sum = b.Emit(Add{Activation::kRelu}, {c, x}, "sum");
  const auto halves = b.EmitSeveral(Split{3, {2, 2}}, {sum}, 2);
  const TensorId squashed = b.Emit(Tanh{}, {halves[1]}, "squashed");
  return b.Output(b.Emit(Concat{3}, {halves[0], squashed}, "y")).Build();
}

std::vector<std::vector<std::byte>> ReadSample(size_t i) {
  const std::vector<float> values = RandomFloats(6 * 6 * 4, i + 1);
  const auto bytes = std::as_bytes(std::span(values));
  return {{bytes.begin(), bytes.end()}};
}

/// Returns what a whole run computes, by tensor.
std::map<TensorId, std::vector<std::byte>> WholeRun(const CompiledGraph& compiled, size_t sample) {
  Session session(compiled);
  const auto input = ReadSample(sample)[0];
  std::memcpy(session.Input(0).data(), input.data(), input.size());
  std::map<TensorId, std::vector<std::byte>> values;
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    values[id].assign(bytes.begin(), bytes.end());
  });
  return values;
}

TEST_CASE("A network that runs layer by layer computes what it computes as a whole", "[network]") {
  const Graph graph = Branches();
  const CompiledGraph compiled(graph);
  ThreadPool threads(2);
  PrefixRun run(graph, kSamples, ReadSample, threads);
  for (const Node& node : graph.nodes()) {
    for (size_t sample = 0; sample < kSamples; ++sample) {
      const auto expected = WholeRun(compiled, sample).at(node.input(0));
      const std::vector<float> got = run.FloatValues(node.input(0), sample);
      REQUIRE(got.size() * sizeof(float) == expected.size());
      CHECK(std::memcmp(got.data(), expected.data(), expected.size()) == 0);
    }
    run.RunFloat(node);
  }
  CHECK(run.held() == 1);  // the output
}

TEST_CASE("Only what later layers read is held", "[network]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {1, 6, 6, 4});
  for (int i = 0; i < 20; ++i) x = b.Emit(Abs{}, {x});
  const Graph graph = b.Output(x).Build();
  ThreadPool threads(1);
  PrefixRun run(graph, kSamples, ReadSample, threads);
  for (const Node& node : graph.nodes()) {
    CHECK(run.held() == 1);
    run.RunFloat(node);
  }
}

TEST_CASE("A layer can be tried before it is added", "[network]") {
  const Graph graph = Branches();
  ThreadPool threads(2);
  PrefixRun run(graph, kSamples, ReadSample, threads);
  run.Start(graph);  // "quantized" by doing nothing
  const Node& first = graph.nodes().front();
  Graph candidate;
  std::vector<TensorId> inputs;
  for (TensorId id : first.inputs()) inputs.push_back(candidate.AddTensor(graph.tensor(id)));
  const TensorId result = candidate.AddTensor(graph.tensor(first.output()));
  candidate.inputs = {inputs[0]};
  candidate.input_names = {"x"};
  candidate.outputs = {result};
  candidate.output_names = {"c"};
  candidate.Append(first.On(inputs, {result}));
  std::vector<int> equal(kSamples);
  run.Try(first, candidate, first.input(0), [&](size_t sample, auto real, auto quantized) {
    equal[sample] = std::ranges::equal(real, quantized) ? 1 : 0;
  });
  CHECK(equal == std::vector<int>(kSamples, 1));
  CHECK(run.held() == 3);  // the input in both graphs, and the float result
  const std::vector<float> before = run.FloatValues(first.output(), 1);
  run.RunFloat(first);
  CHECK(run.FloatValues(first.output(), 1) == before);
}

TEST_CASE("The memory of a run is that of the tensors that later layers read", "[network]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {1, 6, 6, 4});
  for (int i = 0; i < 20; ++i) x = b.Emit(Abs{}, {x});
  const size_t one = 6 * 6 * 4 * (sizeof(float) + 1);
  CHECK(PrefixRun::BytesPerSample(b.Output(x).Build()) == 2 * one);
  CHECK(PrefixRun::BytesPerSample(Branches()) == 3 * one);  // x, c and their sum
}

TEST_CASE("The quantized prefix is held as long as the float one", "[network]") {
  const Graph graph = Branches();
  Graph likeness = graph;  // "quantized" by doing nothing
  ThreadPool threads(1);
  PrefixRun run(graph, kSamples, ReadSample, threads);
  run.Start(likeness);
  auto made = likeness.nodes().begin();
  for (const Node& node : graph.nodes()) {
    CHECK(run.QuantizedValues(likeness, node.input(0), 1) == run.FloatValues(node.input(0), 1));
    const Node* const nodes[] = {&*made++};
    std::vector<Likeness> likenesses;
    for (TensorId id : node.outputs()) likenesses.push_back({id, id});
    run.RunQuantized(likeness, nodes, likenesses);
    run.RunFloat(node);
    CHECK(run.held() <= 2 * 3);
  }
  CHECK(run.held() == 2);
}

}  // namespace
}  // namespace qconvert
