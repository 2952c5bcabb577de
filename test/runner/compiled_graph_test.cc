#include "lib/runner/compiled_graph.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "lib/runner/session.h"
#include "test/runner/random_graph.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

/// The steps during which a tensor must keep its bytes, found from the graph alone.
struct Life {
  int first = 0, last = 0;
};

std::map<TensorId, Life> LivesOf(const Graph& graph) {
  std::map<TensorId, Life> lives;
  for (TensorId id : graph.inputs) lives[id] = {0, 0};
  int step = 0;
  for (const Node& node : graph.nodes()) {
    ++step;
    for (TensorId id : node.inputs()) {
      if (!graph.tensor(id).is_constant()) lives[id].last = step;
    }
    for (TensorId id : node.outputs()) lives[id] = {step, step};
  }
  for (TensorId id : graph.outputs) {
    if (lives.count(id) != 0) lives[id].last = step + 1;
  }
  return lives;
}

/// Follows Reshapes of computed tensors to the tensor whose values they share.
TensorId ValuesOf(const Graph& graph, TensorId id) {
  const Node* producer = graph.Producer(id);
  const bool shares = producer != nullptr && producer->Is<Reshape>() &&
                      !graph.tensor(producer->input(0)).is_constant();
  return shares ? ValuesOf(graph, producer->input(0)) : id;
}

/// Returns whether `result`, when it is computed, may take the place of `operand`.
bool TakesPlace(const Graph& graph, TensorId operand, TensorId result) {
  const Node* producer = graph.Producer(result);
  if (producer == nullptr || OpOf(*producer).axes.kind != AxesRule::kElementwise) return false;
  const auto& inputs = producer->inputs();
  return std::any_of(inputs.begin(), inputs.end(), [&](TensorId id) {
    return id != kNoTensor && ValuesOf(graph, id) == ValuesOf(graph, operand) &&
           graph.tensor(id).shape == graph.tensor(result).shape;
  });
}

bool Apart(const CompiledGraph& compiled, TensorId a, TensorId b) {
  const size_t a_begin = compiled.Slot(a).offset, b_begin = compiled.Slot(b).offset;
  const Graph& graph = compiled.graph();
  return a_begin + graph.tensor(a).bytes() <= b_begin ||
         b_begin + graph.tensor(b).bytes() <= a_begin;
}

TEST_CASE("No two live tensors of a compiled graph overlap", "[runner]") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Graph graph = RandomGraph(seed, 30);
    const CompiledGraph compiled(graph);
    const auto lives = LivesOf(compiled.graph());
    INFO("seed " << seed);
    for (const auto& [a, life_a] : lives) {
      for (const auto& [b, life_b] : lives) {
        if (a >= b || life_a.first > life_b.last || life_b.first > life_a.last) continue;
        if (ValuesOf(graph, a) == ValuesOf(graph, b)) continue;
        if (life_a.last == life_b.first && TakesPlace(graph, a, b)) continue;
        if (life_b.last == life_a.first && TakesPlace(graph, b, a)) continue;
        INFO(graph.tensor(a).name << " and " << graph.tensor(b).name);
        REQUIRE(Apart(compiled, a, b));
      }
    }
  }
}

TEST_CASE("A Reshape costs neither a step nor memory", "[runner]") {
  GraphBuilder b;
  const TensorId y = b.Emit(Neg{}, {b.Input("x", {4, 16})});
  b.Output(b.Emit(Relu{}, {b.Emit(Reshape{{64}}, {y}, "flat")}));
  const CompiledGraph compiled(b.Build());
  CHECK(compiled.steps().size() == 2);
  CHECK(compiled.Slot(compiled.graph().FindTensor("flat")).offset == compiled.Slot(y).offset);
  CHECK(compiled.arena_bytes() == 2 * 64 * sizeof(float));
}

TEST_CASE("An element-by-element result takes the place of an operand's last reading", "[runner]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4, 16});
  const TensorId kept = b.Emit(Neg{}, {x}, "kept");
  const TensorId taken = b.Emit(Relu{}, {kept}, "taken");
  const TensorId sum = b.Emit(Add{}, {taken, b.Emit(Neg{}, {b.Input("row", {16})})}, "sum");
  b.Output(b.Emit(Mul{}, {kept, sum}, "product"));
  const CompiledGraph compiled(b.Build());
  const auto offset = [&](TensorId id) { return compiled.Slot(id).offset; };
  CHECK(offset(kept) != offset(x));      // which a caller may run on again
  CHECK(offset(taken) != offset(kept));  // read once more
  CHECK(offset(sum) == offset(taken));
  CHECK(offset(compiled.graph().FindTensor("product")) == offset(kept));
}

TEST_CASE("A place whose elements are read in another order is not taken", "[runner]") {
  GraphBuilder b;
  const TensorId y = b.Emit(Neg{}, {b.Input("x", {8, 8})}, "y");
  const TensorId row = b.Emit(Reshape{{8, 1, 8}}, {y}, "row");
  const TensorId sum = b.Emit(Add{}, {row, b.Emit(Reshape{{1, 8, 8}}, {y}, "column")}, "sum");
  b.Output(b.Emit(Relu{}, {sum}));
  const CompiledGraph compiled(b.Build());
  CHECK(Apart(compiled, y, sum));
}

TEST_CASE("Constants stay where they are", "[runner]") {
  GraphBuilder b;
  const TensorId c = b.Random("c", {1000});
  const CompiledGraph compiled(b.Output(b.Emit(Add{}, {b.Input("x", {1000}), c})).Build());
  CHECK(compiled.Slot(c).constant == compiled.graph().tensor(c).constant->bytes.data());
  CHECK(compiled.arena_bytes() == 2 * 4032);  // x and the sum, each 4000 bytes in lines of 64
}

/// Two convolutions share their weights; an addition reads the bias of both as it is.
TEST_CASE("Constants that kernels have repacked are let go", "[runner]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {4, 3, 3, 4}), bias = b.Random("bias", {4});
  const TensorId first = b.Emit(Conv2D{}, {b.Input("x", {1, 9, 9, 4}), w, bias});
  b.Output(b.Emit(Add{}, {b.Emit(Conv2D{}, {first, w, bias}), bias}));
  const Graph graph = b.Build();
  const std::weak_ptr<const void> weights = graph.tensor(w).constant->owner;
  const std::vector<Tensor> inputs = RandomInputs(graph, 1);
  const std::vector<float> expected = RunFloat(graph, inputs);
  const CompiledGraph compiled(graph);
  CHECK_FALSE(compiled.graph().tensor(w).is_constant());
  CHECK(compiled.graph().tensor(bias).is_constant());
  CHECK(graph.tensor(w).is_constant());
  CHECK_FALSE(weights.expired());
  Session session(compiled);
  std::copy(inputs[0].constant->bytes.begin(), inputs[0].constant->bytes.end(),
            session.Input(0).begin());
  session.Run();
  const auto* result = reinterpret_cast<const float*>(session.Output(0).data());
  // Two sums of 37 products each, all below 2^6, in float32.
  CHECK_THAT(std::vector<float>(result, result + expected.size()), WithinError(expected, 1e-4));
}

TEST_CASE("Weights that only a compiled graph holds do not outlive their packing", "[runner]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {4, 3, 3, 4});
  b.Output(b.Emit(Conv2D{}, {b.Input("x", {1, 9, 9, 4}), w}));
  const auto compiled_of = [&](Graph graph) {
    const std::weak_ptr<const void> weights = graph.tensor(w).constant->owner;
    b = GraphBuilder();
    const CompiledGraph compiled(std::move(graph));
    return weights.expired();
  };
  CHECK(compiled_of(b.Build()));
}

TEST_CASE("An integer operator without an integer kernel is named", "[runner]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0.1F, 0);
  const TensorId x = b.Input("x", {8}, ElementType::kInt8, quant);
  b.Output(b.Emit(Sin{}, {x}, "wave", ElementType::kInt8, quant));
  const Graph graph = b.Build();
  for (KernelSet set : {KernelSet::kFast, KernelSet::kReference}) {
    CHECK_THAT(ErrorOf([&] { CompiledGraph(graph, {set}); }),
               IsError(ErrorKind::kUnsupported, "node 'wave' (Sin): Sin has no integer kernel"));
  }
}

TEST_CASE("An integer operator on types that its kernel does not read is named", "[runner]") {
  const QuantParams quant = PerLayer(0.1F, 0);
  for (const Operator& op : {Operator(Abs{}), Operator(Logistic{}), Operator(Relu6{})}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {8}, ElementType::kInt64, quant);
    b.Output(b.Emit(op, {x}, "y", ElementType::kInt64, quant));
    const Graph graph = b.Build();
    for (KernelSet set : {KernelSet::kFast, KernelSet::kReference}) {
      CHECK_THAT(ErrorOf([&] { CompiledGraph(graph, {set}); }),
                 IsError(ErrorKind::kUnsupported, "takes int8, but 'x' is int64"));
    }
  }
}

TEST_CASE("What only copies integers does so whatever their type", "[runner]") {
  const QuantParams quant = PerLayer(0.1F, 0);
  GraphBuilder b;
  const TensorId x = b.Input("x", {2, 4}, ElementType::kInt32, quant);
  b.Output(b.Emit(Transpose{{1, 0}}, {x}, "y", ElementType::kInt32, quant));
  CHECK_NOTHROW(CompiledGraph(b.Build()));
}

}  // namespace
}  // namespace qconvert
