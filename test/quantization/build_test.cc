// The hook for evidence: what a source is told of, and what a rounding method is given. A method of
// the test's own is all that a new one takes: one value of RoundingMethod.
#include "lib/quantization/build.h"

#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "lib/passes/verify.h"
#include "test/quantization/quantized.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

// A rounding method: down, and the mean of what that takes away is given back by the bias.

std::vector<GramMatrices> seen_grams;

/// Returns the mean of what a channel's results lose when each weight is rounded down.
float LossOf(const ChannelWeights& weights, size_t channel, float scale,
             const ChannelMoments& inputs) {
  const std::vector<float> values = weights.Channel(channel);
  float loss = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    loss +=
        (values[i] - std::floor(values[i] / scale) * scale) * inputs.mean[i % inputs.mean.size()];
  }
  return loss;
}

RoundedWeights RoundDown(const LayerToRound& layer) {
  const ChannelWeights& weights = layer.weights;
  const std::span<const AffineParams> scales = layer.scales;
  seen_grams.push_back(*layer.evidence.gram);
  RoundedWeights result;
  const auto per_channel = weights.values().size() / weights.channels();
  for (size_t i = 0; i < weights.values().size(); ++i) {
    const float steps = std::floor(weights.values()[i] / scales[i / per_channel].scale);
    result.integers.push_back(static_cast<int8_t>(std::max(steps, -127.0F)));
  }
  for (size_t c = 0; c < weights.channels(); ++c) {
    result.bias_change.push_back(LossOf(weights, c, scales[c].scale, *layer.evidence.moments));
  }
  return result;
}

constexpr RoundingMethod kRoundDown = {
    "down", "for this test", {.moments = true, .gram = true}, RoundDown};

/// Writes down what it is told, and knows something of every layer.
class FakeSource : public EvidenceSource {
 public:
  void Start(const Graph& quantized) override {
    CHECK(quantized.nodes().empty() ==
          (quantized.tensor(quantized.inputs[0]).type != ElementType::kUInt8));
    log += "start";
  }
  void Made(const Graph& quantized, std::span<const Node* const> made,
            std::span<const Likeness> likenesses) override {
    CHECK(made.back() == &quantized.nodes().back());
    size_t computed = 0;
    for (const Node* node : made) {
      CHECK(told_.insert(node).second);
      log += " +" + std::string(node->kind());
      for (TensorId id : node->outputs()) CHECK(likenesses[computed++].quantized == id);
    }
    CHECK(likenesses.size() == computed);
    for (const Likeness& likeness : likenesses) originals.push_back(likeness.original);
  }
  void Finished(const Node& node) override { log += " " + node.name; }
  LayerEvidence Observe(const LayerInput& input, EvidenceNeeds needs) override {
    CHECK(needs == EvidenceNeeds{.moments = true, .gram = true});
    log += " ?" + input.layer.name;
    reads.push_back(input.quantized);
    gram_.patch = reads.size();
    moments_ = {std::vector<float>(8, 0.25F), std::vector<float>(8, 1)};
    return {.moments = &moments_, .gram = &gram_};
  }

  std::string log;
  std::vector<TensorId> reads, originals;

 private:
  std::set<const Node*> told_;
  ChannelMoments moments_;
  GramMatrices gram_;
};

/// x [2, 8] -> FullyConnected "a" -> Erf "erf" -> FullyConnected "b", one bias or none.
Graph TwoLayers(bool biases = true) {
  GraphBuilder b;
  std::vector<TensorId> first{b.Input("x", {2, 8}), b.Random("v", {8, 8})};
  if (biases) first.push_back(b.Random("c", {8}));
  const TensorId erf = b.Emit(Erf{}, {b.Emit(FullyConnected{}, first, "a")}, "erf");
  std::vector<TensorId> second{erf, b.Random("w", {8, 8})};
  if (biases) second.push_back(b.Random("d", {8}));
  return b.Output(b.Emit(FullyConnected{}, second, "b")).Build();
}

Graph BuildWith(const Graph& graph, NodePrecision precision, EvidenceSource& source,
                const WeightMethods& methods, PlanOptions options = {}) {
  const Ranges ranges = RangesOn(graph, RandomInputs(graph, 1));
  const Graph result =
      Build(graph, Plan(graph, ranges, {precision, {}}, options), source, methods).graph;
  VerifyGraph(result);
  return result;
}

WeightMethods Down() { return {.scales = FindScaleMethod("max"), .rounding = &kRoundDown}; }

TEST_CASE("A source follows the graph and is asked before each layer", "[quantization]") {
  seen_grams.clear();
  FakeSource source;
  const Graph graph = TwoLayers();
  const Graph q = BuildWith(graph, {}, source, Down());
  CHECK(source.log ==
        "start +Quantize ?a +FullyConnected a +Dequantize +Erf erf +Quantize ?b "
        "+FullyConnected b");
  REQUIRE(source.reads.size() == 2);
  CHECK(q.tensor(source.reads[0]).name == "x/int8");
  CHECK(q.tensor(source.reads[1]).name == "erf/int8");
  std::vector<std::string> originals;
  for (TensorId id : source.originals) originals.push_back(graph.tensor(id).name);
  CHECK(originals == std::vector<std::string>{"x", "a", "a", "erf", "erf", "b"});
}

TEST_CASE("A method is given what its source observed of each layer", "[quantization]") {
  seen_grams.clear();
  FakeSource source;
  BuildWith(TwoLayers(), {}, source, Down());
  REQUIRE(seen_grams.size() == 2);
  CHECK(seen_grams[0].patch == 1);
  CHECK(seen_grams[1].patch == 2);
}

TEST_CASE("Conversions of the model's inputs are told of with the first node", "[quantization]") {
  FakeSource source;
  BuildWith(TwoLayers(), {}, source, Down(), {.io = IoType::kUInt8});
  CHECK(source.log.rfind("start +Quantize ?a +FullyConnected a", 0) == 0);
}

TEST_CASE("Nobody is asked for evidence that no method reads", "[quantization]") {
  FakeSource source;
  const Graph graph = TwoLayers();
  const Ranges ranges = RangesOn(graph, RandomInputs(graph, 1));
  Build(graph, Plan(graph, ranges, {}, {}), source, {.scales = FindScaleMethod("max")});
  CHECK(source.reads.empty());
  CHECK(source.log ==
        "start +Quantize +FullyConnected a +Dequantize +Erf erf +Quantize +FullyConnected b");
}

TEST_CASE("Rounding changes biases, whatever the arithmetic and where there are none",
          "[quantization]") {
  const bool biases = GENERATE(true, false);
  const auto activations = GENERATE(ActivationPrecision::kInt8, ActivationPrecision::kFloat32);
  const Graph graph = TwoLayers(biases);
  FakeSource source;
  const Graph q = BuildWith(graph, {WeightPrecision::kInt8, activations}, source, Down());
  for (const Node& node : q.nodes()) {
    if (!node.Is<FullyConnected>()) continue;
    REQUIRE(node.has_input(2));
    const Node& real = *graph.FindNode(node.name);
    const Tensor& weights = graph.tensor(real.input(1));
    const ChannelWeights channels(weights, {});
    const auto scales = ScalesOfRanges(channels);
    const Tensor& bias = q.tensor(node.input(2));
    for (size_t c = 0; c < 8; ++c) {
      const ChannelMoments inputs{std::vector<float>(8, 0.25F), {}};
      const float before = biases ? graph.tensor(real.input(2)).Values<float>()[c] : 0;
      const float wanted = before + LossOf(channels, c, scales[c].scale, inputs);
      const float step = bias.quant ? bias.quant->scales[c] : 0;
      const float found = bias.quant ? step * static_cast<float>(bias.Values<int32_t>()[c])
                                     : bias.Values<float>()[c];
      CHECK(std::abs(found - wanted) <= step + std::abs(wanted) * 0x1p-20F);
    }
  }
}

TEST_CASE("A bias that is computed cannot be changed", "[quantization]") {
  GraphBuilder b;
  const TensorId bias = b.Input("bias", {8});
  b.Output(b.Emit(FullyConnected{}, {b.Input("x", {2, 8}), b.Random("w", {8, 8}), bias}, "y"));
  const Graph graph = b.Build();
  FakeSource source;
  const NodePrecision stored{WeightPrecision::kInt8, ActivationPrecision::kFloat32};
  CHECK_THAT(ErrorOf([&] { BuildWith(graph, stored, source, Down()); }),
             IsError(ErrorKind::kUnsupported, "node 'y': its bias is computed"));
}

TEST_CASE("Nodes that share stored weights share their rounding, too", "[quantization]") {
  GraphBuilder b;
  const TensorId w = b.Random("w", {8, 8});
  const TensorId y = b.Emit(FullyConnected{}, {b.Input("x", {2, 8}), w}, "a");
  const Graph graph = b.Output(b.Emit(FullyConnected{}, {y, w}, "b")).Build();
  FakeSource source;
  const NodePrecision stored{WeightPrecision::kInt8, ActivationPrecision::kFloat32};
  const Graph q = BuildWith(graph, stored, source, Down());
  CHECK(source.reads.size() == 1);
  for (const Node& node : q.nodes()) CHECK(node.has_input(2) == node.Is<FullyConnected>());
}

TEST_CASE("Rounding methods are found by name, and the nearest is the default", "[quantization]") {
  CHECK(RoundingMethods().front()->name == "nearest");
  CHECK(FindRoundingMethod("nearest") == RoundingMethods().front());
  CHECK(FindRoundingMethod("near") == nullptr);
}

TEST_CASE("Moments are looked up by the float tensor that a layer reads", "[quantization]") {
  const Graph graph = TwoLayers();
  std::vector<std::string> asked;
  KnownMoments moments([&](const Tensor& real) -> std::optional<ChannelMoments> {
    asked.push_back(real.name);
    if (real.name == "x") return std::nullopt;
    return ChannelMoments{std::vector<float>(8, 1), std::vector<float>(8, 1)};
  });
  const Graph q = BuildWith(graph, {}, moments, {});
  CHECK(asked == std::vector<std::string>{"x", "erf"});
  const auto scale = [&](const char* name) { return q.tensor(q.FindTensor(name)).quant->scales; };
  const auto largest = [&](const char* name) {
    const Tensor& weights = graph.tensor(graph.FindTensor(name));
    std::vector<float> scales;
    for (const AffineParams& params : ScalesOfRanges(ChannelWeights(weights, {}))) {
      scales.push_back(params.scale);
    }
    return scales;
  };
  CHECK(scale("v") == largest("v"));
  CHECK(scale("w") != largest("w"));
}

}  // namespace
}  // namespace qconvert
