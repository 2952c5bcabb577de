#include "lib/quantization/prefix_evidence.h"

#include <cstring>
#include <map>

#include <catch2/catch.hpp>

#include "lib/runner/port.h"
#include "lib/runner/session.h"
#include "test/quantization/quantized.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 5, kWidth = 8;
constexpr size_t kAll[] = {0, 1, 2, 3, 4};

/// x [2, 8] -> FullyConnected "a" -> Tanh -> FullyConnected "b"
Graph TwoLayers() {
  GraphBuilder b;
  const TensorId a = b.Emit(FullyConnected{}, {b.Input("x", {2, 8}), b.Random("v", {8, 8})}, "a");
  const TensorId t = b.Emit(Tanh{}, {a}, "t");
  return b.Output(b.Emit(FullyConnected{}, {t, b.Random("w", {8, 8})}, "b")).Build();
}

std::vector<std::vector<std::byte>> ReadSample(size_t i) {
  const std::vector<float> values = RandomFloats(2 * kWidth, i + 1);
  const auto bytes = std::as_bytes(std::span(values));
  return {{bytes.begin(), bytes.end()}};
}

// A rounding method that rounds to nearest and writes down the evidence of each layer.

std::map<std::string, GramMatrices> seen_grams;
std::map<std::string, InputPatches> seen_patches;

RoundedWeights RoundAndRemember(const LayerToRound& layer) {
  seen_grams[layer.weights.tensor().name] = *layer.evidence.gram;
  seen_patches[layer.weights.tensor().name] = *layer.evidence.patches;
  return RoundingMethods().front()->round(layer);
}

constexpr RoundingMethod kRemember = {
    "remember", "for this test", {.gram = true, .patches = true}, RoundAndRemember};

/// Returns a tensor of a graph in real units, on one sample.
std::vector<float> ValuesIn(const Graph& graph, const std::string& tensor, size_t sample) {
  const CompiledGraph compiled(graph);
  Session session(compiled);
  const auto input = ReadSample(sample)[0];
  std::memcpy(session.Input(0).data(), input.data(), input.size());
  std::vector<float> values;
  session.Run([&](TensorId id, std::span<const std::byte> bytes) {
    if (graph.tensor(id).name == tensor) values = RealValues(graph.tensor(id), bytes);
  });
  return values;
}

/// Returns sum x y^T over the rows x of `own` and y of `other`, in long double.
std::vector<double> Products(const std::vector<float>& own, const std::vector<float>& other) {
  std::vector<double> sums(kWidth * kWidth);
  for (size_t r = 0; r < own.size(); r += kWidth) {
    for (size_t i = 0; i < kWidth * kWidth; ++i) {
      sums[i] += double{own[r + i / kWidth]} * double{other[r + i % kWidth]};
    }
  }
  return sums;
}

TEST_CASE("A layer's evidence is what it reads behind the layers that are quantized",
          "[quantization]") {
  const Graph network = TwoLayers();
  const Ranges ranges = RangesOn(network, RandomInputs(network, 1));
  ThreadPool threads(2);
  PrefixEvidence evidence(network, kAll, ReadSample, threads,
                          std::make_unique<Progress>("", 1, /*quiet=*/true));
  const Graph q = Build(network, Plan(network, ranges, {}, {}), evidence,
                        {.scales = FindScaleMethod("max"), .rounding = &kRemember})
                      .graph;

  std::vector<float> quantized, real;
  for (size_t i = 0; i < kSamples; ++i) {
    const std::vector<float> own = ValuesIn(q, "t", i), exact = ValuesIn(network, "t", i);
    quantized.insert(quantized.end(), own.begin(), own.end());
    real.insert(real.end(), exact.begin(), exact.end());
  }
  REQUIRE(quantized != real);
  const InputPatches& patches = seen_patches.at("w");
  CHECK(patches.patch == kWidth);
  CHECK(patches.own.at(0) == quantized);
  CHECK(patches.real.at(0) == real);

  // Sums of two products below 1 in float, then of 5 samples in double.
  const GramMatrices& gram = seen_grams.at("w");
  CHECK(gram.patch == kWidth);
  CHECK(gram.count == 2 * kSamples);
  REQUIRE(gram.blocks.size() == 1);
  const GramBlock& block = gram.blocks[0];
  CHECK_THAT(block.own, WithinMatcher<double>(Products(quantized, quantized), 20 * 0x1p-23));
  CHECK_THAT(block.cross, WithinMatcher<double>(Products(quantized, real), 20 * 0x1p-23));
}

TEST_CASE("Evidence of a prefix does not change what nearest rounding gives", "[quantization]") {
  const Graph network = TwoLayers();
  const Ranges ranges = RangesOn(network, RandomInputs(network, 1));
  const QuantizationPlan plan = Plan(network, ranges, {}, {});
  ThreadPool threads(2);
  PrefixEvidence evidence(network, kAll, ReadSample, threads,
                          std::make_unique<Progress>("", 1, /*quiet=*/true));
  KnownMoments none = NoMoments();
  const WeightMethods remember{.scales = FindScaleMethod("max"), .rounding = &kRemember};
  const Graph with = Build(network, plan, evidence, remember).graph;
  const Graph without = Build(network, plan, none, {.scales = FindScaleMethod("max")}).graph;
  for (const char* name : {"v", "w"}) {
    CHECK(ToVector<int8_t>(with.tensor(with.FindTensor(name))) ==
          ToVector<int8_t>(without.tensor(without.FindTensor(name))));
  }
}

}  // namespace
}  // namespace qconvert
