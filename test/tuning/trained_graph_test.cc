#include "lib/tuning/trained_graph.h"

#include <algorithm>
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "lib/tuning/file_values.h"
#include "lib/tuning/simulation_run.h"
#include "lib/tuning/tuned_graph.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"
#include "test/tuning/trained_network.h"

namespace qconvert {
namespace {

using Catch::Matchers::Contains;

/// Returns the integers that a run's reals stand for.
template <typename T = int8_t>
std::vector<T> StepsOf(const Tensor& tensor, std::span<const float> real) {
  std::vector<T> steps(real.size());
  QuantizeValues<T>(real, {tensor.quant->scale(), tensor.quant->zero_point()},
                    sizeof(T) == 1 ? kInt8Limits : kInt16Limits, steps);
  return steps;
}

/// Computes one integer node of a quantized graph by LiteRT's reference, from what a run holds.
template <typename T>
std::vector<T> ReferenceSteps(const Graph& graph, const Node& node, const SimulationRun& run) {
  std::vector<std::vector<T>> steps;
  std::vector<TensorView> inputs;
  steps.reserve(node.inputs().size());
  for (TensorId id : node.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    if (tensor.is_constant()) {
      inputs.push_back({&tensor, const_cast<std::byte*>(tensor.constant->bytes.data())});
      continue;
    }
    steps.push_back(StepsOf<T>(tensor, run.Value(id)));
    inputs.push_back({&tensor, reinterpret_cast<std::byte*>(steps.back().data())});
  }
  const Tensor& output = graph.tensor(node.output());
  std::vector<T> result(static_cast<size_t>(output.elements()));
  const TensorView view{&output, reinterpret_cast<std::byte*>(result.data())};
  const Op& op = OpOf(node);
  (sizeof(T) == 1 ? op.reference_int8 : op.reference_int16)(node, inputs, {&view, 1});
  return result;
}

template <typename T>
void RequireNode(const Graph& graph, const Node& node, const SimulationRun& run) {
  INFO(node.name);
  CHECK_THAT(StepsOf<T>(graph.tensor(node.output()), run.Value(node.output())),
             WithinSteps(ReferenceSteps<T>(graph, node, run), 1));
}

/// Returns how many operators of a network compute the same on reals as in integers, within one
/// step.
size_t RequireWithinOneStep(const TrainedNetwork& network) {
  const std::vector<float> values = FileValuesOf(network.graph, network.graph.initial());
  const SimulationKernels kernels(network.graph);
  SimulationRun run(network.graph, kernels);
  const TrainingSet samples = CornerSamples(network, 1, 5);
  const auto sample = samples.read(0);
  std::copy(sample[0].begin(), sample[0].end(), run.Input(0).begin());
  run.Forward(values);
  const Graph& graph = network.graph.quantized();
  size_t compared = 0;
  for (const Node& node : graph.nodes()) {
    if (!IsInteger(graph, node) || node.Is<Quantize>() || node.Is<Dequantize>()) continue;
    const bool wide = graph.tensor(node.output()).type == ElementType::kInt16;
    wide ? RequireNode<int16_t>(graph, node, run) : RequireNode<int8_t>(graph, node, run);
    ++compared;
  }
  return compared;
}

TEST_CASE("Each simulated operator is within one step of the file's on the same integers",
          "[tuning]") {
  const int bits = GENERATE(8, 4);
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed, bits);
  CHECK(RequireWithinOneStep(network) == 6);
}

TEST_CASE("Each simulated operator of int16 activations is within one step, too", "[tuning]") {
  const TrainedNetwork network =
      MakeTrained(MixedNetwork(), RangeTraining::kFixed, 8, ActivationPrecision::kInt16);
  CHECK(RequireWithinOneStep(network) == 6);
}

TEST_CASE("Widths of activations may be mixed", "[tuning]") {
  TrainedPrecision precision{.wide = "^(c|sum)$"};
  precision.options.plan.per_channel = GENERATE(true, false);
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed, precision);
  const Graph& graph = network.graph.quantized();
  CHECK(graph.tensor(graph.FindTensor("sum")).type == ElementType::kInt16);
  CHECK(graph.tensor(graph.FindTensor("d")).type == ElementType::kInt8);
  CHECK(RequireWithinOneStep(network) == 6);
}

TEST_CASE("Weights may have zero points", "[tuning]") {
  TrainedPrecision precision;
  precision.options.plan = {
      .per_channel = GENERATE(true, false), .asymmetric_weights = true, .allow_extensions = true};
  precision.options.precision.weights = GENERATE(WeightPrecision::kInt8, WeightPrecision::kInt4);
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kFixed, precision);
  CHECK(network.graph.layers()[0].initial[0].zero_point != 0);
  CHECK(RequireWithinOneStep(network) == 6);
}

TEST_CASE("Parameters that were not trained give the graph that was built", "[tuning]") {
  TrainedPrecision precision;
  precision.options.precision.activations =
      GENERATE(ActivationPrecision::kInt8, ActivationPrecision::kInt16);
  precision.wide = GENERATE("", "^c$");
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned, precision);
  const Graph tuned = TunedGraphOf(network.graph, network.graph.initial());
  const Graph& built = network.graph.quantized();
  for (TensorId id = 0; id < built.tensor_count(); ++id) {
    const Tensor &one = tuned.tensor(id), &other = built.tensor(id);
    INFO(other.name);
    CHECK(one.quant == other.quant);
    if (!other.is_constant()) continue;
    CHECK(std::equal(one.constant->bytes.begin(), one.constant->bytes.end(),
                     other.constant->bytes.begin(), other.constant->bytes.end()));
  }
}

TEST_CASE("The operands of a Concat and its result share one scale", "[tuning]") {
  const TrainedNetwork network = MakeTrained(MixedNetwork(), RangeTraining::kLearned);
  const Graph& graph = network.graph.quantized();
  const Node& concat = *graph.FindNode("all");
  const size_t segment = network.graph.RoundingOf(concat.output())->scale_segment;
  for (TensorId id : concat.inputs()) {
    CHECK(network.graph.RoundingOf(id)->scale_segment == segment);
  }
}

TEST_CASE("Gradients of two layers are products of what the file holds", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 5});
  const TensorId h = b.Emit(FullyConnected{}, {x, b.Random("w1", {3, 5})}, "h");
  const Graph real = b.Output(b.Emit(FullyConnected{}, {h, b.Random("w2", {2, 3})}, "y")).Build();
  const TrainedNetwork network = MakeTrained(real, RangeTraining::kFixed);
  const std::vector<float> values = FileValuesOf(network.graph, network.graph.initial());
  const SimulationKernels kernels(network.graph);
  SimulationRun run(network.graph, kernels);
  const std::vector<float> input{0.1F, -0.1F, 0.05F, 0.02F, -0.03F};
  std::memcpy(run.Input(0).data(), input.data(), run.Input(0).size());
  run.Forward(values);
  const std::vector<float> seed{1, -2};
  const auto by_y = run.Gradient(network.losses[0].student);
  std::copy(seed.begin(), seed.end(), by_y.begin());
  std::vector<float> sums(values.size());
  run.Backward(sums);
  const TrainedLayer &first = network.graph.layers()[0], &second = network.graph.layers()[1];
  const auto read = run.Value(first.input);
  const auto w2 = network.graph.segments()[second.weights_segment].Of(std::span(values));
  const auto by_w1 = network.graph.segments()[first.weights_segment].Of(std::span(sums));
  const std::vector<int8_t> h_steps =
      StepsOf(network.graph.quantized().tensor(second.input), run.Value(second.input));
  size_t compared = 0;
  for (size_t o = 0; o < 3; ++o) {
    if (h_steps[o] == -128 || h_steps[o] == 127) continue;  // perhaps clamped
    ++compared;
    const float by_h = seed[0] * w2[o] + seed[1] * w2[3 + o];
    for (size_t i = 0; i < 5; ++i) {
      CHECK(by_w1[o * 5 + i] == Approx(by_h * read[i]).margin(1e-6));
    }
  }
  CHECK(compared > 0);
}

TEST_CASE("A layer behind an operator without a gradient is frozen and named", "[tuning]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 6, 6, 3});
  const TensorId c = b.Emit(Conv2D{}, {x, b.Random("w1", {4, 3, 3, 3})}, "c");
  const TensorId f = b.Emit(Sign{}, {c}, "f");
  const Graph real = b.Output(b.Emit(Conv2D{}, {f, b.Random("w2", {2, 3, 3, 4})}, "y")).Build();
  const TrainedNetwork network = MakeTrained(real, RangeTraining::kFixed);
  REQUIRE(network.graph.frozen().size() == 1);
  CHECK(network.graph.frozen()[0] == real.Producer(c)->name);
  REQUIRE(network.graph.blocking().size() == 1);
  CHECK_THAT(network.graph.blocking()[0], Contains("Sign"));
}

TEST_CASE("A training begins with the integers of the file, however they were rounded",
          "[tuning]") {
  const Graph real = MixedNetwork();
  const TrainedNetwork network = MakeTrained(real, RangeTraining::kLearned, /*bits=*/4);
  Graph quantized = network.graph.quantized();
  const TensorId id = network.graph.layers()[1].weights;
  const auto before = quantized.tensor(id).Values<int8_t>();
  std::vector<int8_t> moved(before.begin(), before.end());
  for (size_t i = 0; i < moved.size(); i += 2) moved[i] = static_cast<int8_t>(3 - moved[i] / 2);
  Tensor other = MakeConstantTensor(quantized.tensor(id).name, quantized.tensor(id).shape, moved);
  other.type = quantized.tensor(id).type;
  other.quant = quantized.tensor(id).quant;
  quantized.tensor(id) = std::move(other);

  const TensorId student = network.losses[0].student;
  TrainedGraph graph(real, quantized, {&student, 1}, RangeTraining::kLearned);
  graph.BeginWithIntegers();
  const Graph tuned = TunedGraphOf(graph, graph.initial());
  const auto steps = tuned.tensor(id).Values<int8_t>();
  CHECK(std::equal(steps.begin(), steps.end(), moved.begin(), moved.end()));
  const auto weights = graph.segments()[graph.layers()[1].weights_segment].Of(
      std::span<const float>(graph.initial()));
  const auto unmoved = network.graph.segments()[network.graph.layers()[1].weights_segment].Of(
      std::span<const float>(network.graph.initial()));
  for (size_t i = 1; i < weights.size(); i += 2) CHECK(weights[i] == unmoved[i]);
}

}  // namespace
}  // namespace qconvert
