#include "lib/runner/session.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include <catch2/catch.hpp>

#include "lib/base/parallel_for.h"
#include "test/runner/networks.h"
#include "test/runner/random_graph.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

std::vector<Tensor> RunSession(const Graph& graph, Session& session,
                               const std::vector<Tensor>& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto from = inputs[i].constant->bytes;
    const auto to = session.Input(i);
    REQUIRE(from.size() == to.size());
    std::copy(from.begin(), from.end(), to.begin());
  }
  session.Run();
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const auto bytes = session.Output(i);
    outputs.push_back(graph.tensor(graph.outputs[i]));
    outputs.back().constant = MakeConstant(std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
  return outputs;
}

void RequireEqual(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto a = actual[i].constant->bytes, b = expected[i].constant->bytes;
    REQUIRE(a.size() == b.size());
    REQUIRE(std::equal(a.begin(), a.end(), b.begin()));
  }
}

TEST_CASE("A session computes what the plain loops compute", "[runner]") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Graph graph = RandomGraph(seed, 30);
    const std::vector<Tensor> inputs = RandomInputs(graph, seed);
    const CompiledGraph compiled(graph);
    Session session(compiled);
    INFO("seed " << seed);
    RequireEqual(RunSession(graph, session, inputs), RunReference(graph, inputs));
  }
}

TEST_CASE("Threads share long rows without a gap", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 300007});
  const QuantParams quant = PerLayer(0.01F, 3);
  const TensorId q = b.Emit(Quantize{}, {b.Emit(HardSwish{}, {x})}, "q", ElementType::kInt8, quant);
  const TensorId t = b.Emit(Tanh{}, {q}, "t", ElementType::kInt8, PerLayer(1.0F / 128, 0));
  const TensorId sum = b.Emit(Add{}, {q, t}, "sum", ElementType::kInt8, PerLayer(0.02F, -1));
  b.Output(b.Emit(Dequantize{}, {sum}));
  const Graph graph = b.Build();
  const std::vector<Tensor> inputs = RandomInputs(graph, 3);
  const CompiledGraph compiled(graph);
  ThreadPool threads(3);
  Session alone(compiled), shared(compiled, &threads);
  RequireEqual(RunSession(graph, shared, inputs), RunSession(graph, alone, inputs));
}

/// Float sums are ours to order: a part of the rows is summed as the whole is.
TEST_CASE("Threads that share an inference change nothing", "[runner]") {
  for (const Graph& graph : {FloatNetwork(), IntegerNetwork()}) {
    const std::vector<Tensor> inputs = RandomInputs(graph, 3);
    const CompiledGraph compiled(graph), split(graph, {.threads = 3});
    ThreadPool threads(3);
    Session alone(compiled), shared(split, &threads);
    RequireEqual(RunSession(graph, shared, inputs), RunSession(graph, alone, inputs));
  }
}

TEST_CASE("Fast float kernels agree with the plain loops on a network", "[runner]") {
  const Graph graph = FloatNetwork();
  const std::vector<Tensor> inputs = RandomInputs(graph, 3);
  const CompiledGraph compiled(graph, {GENERATE(KernelSet::kFast, KernelSet::kReference)});
  Session session(compiled);
  // Sums of at most 576 terms in another order, twice in a row; probabilities are at most 1.
  const double error = 2 * 576 * 0x1p-24;
  CHECK_THAT(ToVector<float>(RunSession(graph, session, inputs)[0]),
             WithinError(RunFloat(graph, inputs), error));
}

TEST_CASE("Reference kernels are the plain loops bit for bit, fast ones within a step",
          "[runner]") {
  const Graph graph = IntegerNetwork();
  const CompiledGraph reference(graph, {KernelSet::kReference}), fast(graph, {KernelSet::kFast});
  Session reference_session(reference), fast_session(fast);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<Tensor> inputs = RandomInputs(graph, seed);
    const std::vector<Tensor> expected = RunReference(graph, inputs);
    RequireEqual(RunSession(graph, reference_session, inputs), expected);
    CHECK_THAT(ToVector<int8_t>(RunSession(graph, fast_session, inputs)[0]),
               WithinSteps(ToVector<int8_t>(expected[0]), 1));
  }
}

TEST_CASE("A run leaves nothing behind for the next", "[runner]") {
  const Graph graph = GENERATE(FloatNetwork(), IntegerNetwork());
  const CompiledGraph compiled(graph);
  Session session(compiled), fresh(compiled);
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  const std::vector<Tensor> first = RunSession(graph, session, inputs);
  RunSession(graph, session, RandomInputs(graph, 2));
  RequireEqual(RunSession(graph, session, inputs), first);
  RequireEqual(RunSession(graph, fresh, inputs), first);
}

TEST_CASE("Sessions of one compiled graph run at once", "[runner]") {
  const Graph graph = GENERATE(FloatNetwork(), IntegerNetwork());
  const CompiledGraph compiled(graph);
  constexpr size_t kThreads = 2, kRuns = 20;
  std::vector<std::vector<Tensor>> alone;
  Session session(compiled);
  for (size_t i = 0; i < kThreads * kRuns; ++i) {
    alone.push_back(RunSession(graph, session, RandomInputs(graph, i)));
  }
  std::vector<std::vector<Tensor>> together(alone.size());
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Session mine(compiled);
      for (size_t i = t; i < together.size(); i += kThreads) {
        together[i] = RunSession(graph, mine, RandomInputs(graph, i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < alone.size(); ++i) RequireEqual(together[i], alone[i]);
}

TEST_CASE("An observer sees every tensor with the values it has at that time", "[runner]") {
  const Graph graph = RandomGraph(GENERATE(1, 2, 3, 4), 30);
  Graph open = graph;  // with everything as an output
  open.outputs = graph.inputs;
  for (const Node& node : graph.nodes()) {
    open.outputs.insert(open.outputs.end(), node.outputs().begin(), node.outputs().end());
  }
  const std::vector<Tensor> inputs = RandomInputs(graph, 7);
  const std::vector<Tensor> expected = RunReference(open, inputs);
  const CompiledGraph compiled(graph);
  Session session(compiled);
  RunSession(graph, session, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(session.Input(i).data(), inputs[i].constant->bytes.data(), inputs[i].bytes());
  }
  std::vector<TensorId> seen;
  std::vector<Tensor> values;
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    seen.push_back(id);
    values.push_back(graph.tensor(id));
    values.back().constant = MakeConstant(std::vector<std::byte>(bytes.begin(), bytes.end()));
  });
  REQUIRE(seen == open.outputs);
  RequireEqual(values, expected);
}

TEST_CASE("Inputs and constants may be outputs, and tensors may be empty", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 3}), c = b.Random("c", {4}), none = b.Input("none", {0, 3});
  b.Output(x).Output(c).Output(b.Emit(Reshape{{6}}, {x}));
  b.Output(b.Emit(Reshape{{2, 2}}, {c})).Output(b.Emit(Concat{0}, {x, none}));
  b.Output(b.Emit(Relu{}, {none}));
  const Graph graph = b.Build();
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  const CompiledGraph compiled(graph);
  Session session(compiled);
  RequireEqual(RunSession(graph, session, inputs), RunReference(graph, inputs));
}

}  // namespace
}  // namespace qconvert
