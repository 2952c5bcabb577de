#include "lib/evaluation/trace.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

/// A slope below 0, then two outputs, of which one is its input with another shape.
Graph Network(float slope, int64_t width) {
  GraphBuilder b;
  const TensorId inner = b.Emit(LeakyRelu{slope}, {b.Input("x", {1, width})}, "inner");
  const TensorId flat = b.Emit(Reshape{{width}}, {inner}, "flat");
  b.Output(b.Emit(Neg{}, {flat}, "y"));
  return b.Output(flat).Build();
}

std::vector<std::byte> Bytes(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// Reads seeded samples that a test can compute, too.
struct Samples {
  size_t width;
  std::vector<float> Values(size_t i) const { return RandomFloats(width, i, -3, 3); }
  std::vector<std::vector<std::byte>> operator()(size_t i) const { return {Bytes(Values(i))}; }
};

Comparison Compared(const Trace& trace, const Graph& candidate, const Samples& read, int threads) {
  ThreadPool pool(threads);
  Progress progress("", trace.samples().size(), true);
  return CompareWithTrace(trace, RunnableModel(candidate, KernelSet::kFast), read, pool, progress);
}

Trace Traced(const Graph& graph, size_t samples, size_t count, const Samples& read) {
  Trace trace(graph, samples, count);
  ThreadPool pool(2);
  Progress progress("", 0, true);
  FloatNetwork network([&] { return graph; });
  TraceSamples(network, read, pool, progress, trace);
  return trace;
}

TEST_CASE("A trace takes samples that are spread evenly, all when they are few", "[evaluation]") {
  CHECK(Trace(Network(0, 2), 100, 4).samples() == std::vector<size_t>{0, 25, 50, 75});
  CHECK(Trace(Network(0, 2), 3, 16).samples() == std::vector<size_t>{0, 1, 2});
}

TEST_CASE("Comparing with a trace is comparing with the network", "[evaluation]") {
  const Samples read{12};
  const Graph original = Network(0, 12), other = Network(0.5F, 12);
  const Trace trace = Traced(original, 40, 5, read);
  ThreadPool pool(2);
  Progress progress("", 5, true);
  const Comparison expected = Compare(
      RunnableModel(original, KernelSet::kFast), RunnableModel(other, KernelSet::kFast), 5,
      [&](size_t i) { return read(i * 8); }, {.layers = true}, pool, progress);
  for (int threads : {1, 3}) {
    const Comparison found = Compared(trace, other, read, threads);
    CHECK(found.samples == 5);
    CHECK(found.agreement == expected.agreement);
    REQUIRE(found.outputs.size() == 2);
    for (size_t k = 0; k < 2; ++k) {
      CHECK(found.outputs[k].name == expected.outputs[k].name);
      CHECK(found.outputs[k].errors.sqnr_db() == expected.outputs[k].errors.sqnr_db());
    }
    REQUIRE(found.layers.size() == expected.layers.size());
    for (size_t k = 0; k < found.layers.size(); ++k) {
      CHECK(found.layers[k].node == expected.layers[k].node);
      CHECK(found.layers[k].errors().noise() == expected.layers[k].errors().noise());
    }
  }
}

TEST_CASE("A network does not differ from its own trace", "[evaluation]") {
  const Samples read{64};
  const Comparison same =
      Compared(Traced(Network(0.1F, 64), 9, 9, read), Network(0.1F, 64), read, 2);
  CHECK(same.agreement == 9);
  CHECK(same.outputs[0].errors.noise() == 0);
  CHECK(same.layers[0].errors().noise() == 0);
}

TEST_CASE("Of a large tensor a trace keeps some hundred values", "[evaluation]") {
  constexpr size_t kWidth = 20'000, kSamples = 12;
  const Samples read{kWidth};
  const Trace trace = Traced(Network(0, kWidth), kSamples, kSamples, read);
  const size_t kept = trace.sample(0).layers.at(trace.graph().FindTensor("inner")).size();
  CHECK(kept > 200);
  CHECK(kept < 400);
  CHECK(trace.sample(0).outputs[0].size() == kWidth);
  const Comparison found = Compared(trace, Network(0.5F, kWidth), read, 2);
  // Of uniform values the positive half is the signal, half of the negative one the noise. Among
  // 3000 values their ratio varies by 5 %, 0.21 dB.
  CHECK(found.layers[0].errors().sqnr_db() == Approx(10 * std::log10(4.0)).margin(4 * 0.21));
}

TEST_CASE("A trace holds no constants", "[evaluation]") {
  GraphBuilder b;
  b.Output(b.Emit(Add{}, {b.Input("x", {4}), b.Random("c", {4})}, "y"));
  const Trace trace(b.Build(), 1, 1);
  for (TensorId id = 0; id < trace.graph().tensor_count(); ++id) {
    CHECK_FALSE(trace.graph().tensor(id).is_constant());
  }
}

TEST_CASE("Outputs that no node computes are traced, too", "[evaluation]") {
  const Samples read{3};
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3});
  b.Output(b.Emit(Neg{}, {x}, "y")).Output(b.Random("fixed", {5}));
  const Graph graph = b.Output(x).Build();
  const Trace trace = Traced(graph, 4, 2, read);
  const Comparison same = Compared(trace, graph, read, 1);
  REQUIRE(same.outputs.size() == 3);
  for (const OutputComparison& output : same.outputs) CHECK(output.errors.noise() == 0);
  CHECK(trace.sample(1).outputs[1].size() == 5);
}

TEST_CASE("Only networks with the traced network's outputs can be compared with it",
          "[evaluation]") {
  const Samples read{4};
  const Trace trace = Traced(Network(0, 4), 1, 1, read);
  Graph other = Network(0, 4);
  other.outputs.pop_back();
  other.output_names.pop_back();
  CHECK_THAT(ErrorOf([&] { Compared(trace, other, read, 1); }),
             IsError(ErrorKind::kUsage, "output"));
}

}  // namespace
}  // namespace qconvert
